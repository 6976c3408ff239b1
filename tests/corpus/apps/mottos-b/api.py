"""Register, get a token, keep a motto."""
import hashlib
import os
import time
from typing import Annotated

import jwt
import psycopg
from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

import keys

KEY = keys.load()
app = FastAPI(title="Mottos")


class Person(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=1, max_length=80)


class Motto(BaseModel):
    text: str = Field(max_length=200)


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"])


with connect() as db:
    db.execute("SELECT pg_advisory_xact_lock(5)")
    db.execute("CREATE TABLE IF NOT EXISTS person (name TEXT PRIMARY KEY, hash TEXT, motto TEXT NOT NULL DEFAULT '')")


def hashed(person: Person) -> str:
    return hashlib.scrypt(person.password.encode(), salt=person.name.encode(), n=1024, r=8, p=1).hex()


def caller(authorization: Annotated[str, Header()] = "", token: Annotated[str, Cookie()] = "") -> str:
    try:
        return jwt.decode(authorization.removeprefix("Bearer ") or token, KEY, algorithms=["HS256"])["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, "a valid token, please") from None


@app.get("/", response_class=HTMLResponse)
def home() -> str:
    return "<h1>Mottos</h1><p><a href='/docs'>How to use it</a>, <a href='/mottos'>all mottos</a>, <a href='/me'>yours</a></p>"


@app.post("/register", status_code=201)
def register(person: Person) -> dict[str, str]:
    with connect() as db:
        done = db.execute("INSERT INTO person VALUES (%s, %s) ON CONFLICT DO NOTHING", (person.name, hashed(person)))
        if not done.rowcount:
            raise HTTPException(409, "this name is taken")
    return {"name": person.name}


@app.post("/login")
def login(person: Person, response: Response) -> dict[str, str]:
    with connect() as db:
        row = db.execute("SELECT hash FROM person WHERE name = %s", (person.name,)).fetchone()
    if row is None or row[0] != hashed(person):
        raise HTTPException(403, "wrong name or password")
    token = jwt.encode({"sub": person.name, "exp": int(time.time()) + 3600}, KEY, algorithm="HS256")
    response.set_cookie("token", token, httponly=True)
    return {"access_token": token, "token_type": "bearer"}


@app.get("/me")
def me(name: Annotated[str, Depends(caller)]) -> dict[str, str]:
    with connect() as db:
        row = db.execute("SELECT motto FROM person WHERE name = %s", (name,)).fetchone()
    return {"name": name, "motto": row[0] if row else ""}


@app.put("/me/motto")
def set_motto(motto: Motto, name: Annotated[str, Depends(caller)]) -> dict[str, str]:
    with connect() as db:
        db.execute("UPDATE person SET motto = %s WHERE name = %s", (motto.text, name))
    return {"name": name, "motto": motto.text}


@app.get("/mottos")
def mottos() -> list[dict[str, str]]:
    with connect() as db:
        rows = db.execute("SELECT name, motto FROM person WHERE motto <> '' ORDER BY name").fetchall()
    return [{"name": name, "motto": motto} for name, motto in rows]
