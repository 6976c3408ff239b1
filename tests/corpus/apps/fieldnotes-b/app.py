"""Field notes of the bird watchers' club."""
import os
import sqlite3

import psycopg
from flask import Flask, abort, redirect, render_template, request, url_for

app = Flask(__name__)
INDEX = "/tmp/fieldnotes.sqlite"


def postgres():
    return psycopg.connect(os.environ["DATABASE_URL"])


def index():
    db = sqlite3.connect(INDEX, timeout=5)
    db.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, place TEXT, species TEXT, body TEXT)")
    return db


def create_tables():
    with postgres() as db:
        db.execute("SELECT pg_advisory_xact_lock(4711)")
        db.execute("CREATE TABLE IF NOT EXISTS place (name TEXT PRIMARY KEY)")
        db.execute("INSERT INTO place VALUES ('Lake'), ('Moor'), ('Wood') ON CONFLICT DO NOTHING")
        db.execute("CREATE TABLE IF NOT EXISTS note (id SERIAL PRIMARY KEY, place TEXT, species TEXT, body TEXT)")


create_tables()


def places():
    with postgres() as db:
        return [name for (name,) in db.execute("SELECT name FROM place ORDER BY name")]


def find(where="1=1", values=()):
    with index() as db:
        with postgres() as pg:
            rows = pg.execute("SELECT id, place, species, body FROM note").fetchall()
        db.execute("DELETE FROM note")
        db.executemany("INSERT INTO note VALUES (?, ?, ?, ?)", rows)
        return db.execute(f"SELECT id, place, species, body FROM note WHERE {where} ORDER BY id DESC", values).fetchall()


@app.get("/")
def home():
    return render_template("home.html", notes=find()[:30], places=places())


@app.post("/notes")
def add():
    note = tuple(request.form.get(field, "").strip() for field in ("place", "species", "body"))
    if not note[1]:
        abort(422)
    with postgres() as db:
        db.execute("INSERT INTO note (place, species, body) VALUES (%s, %s, %s)", note)
    return redirect(url_for("home"))


@app.get("/notes/<int:number>")
def one(number):
    found = find("id = ?", (number,))
    if not found:
        abort(404)
    return render_template("note.html", note=found[0])


@app.get("/search")
def search():
    wanted = request.args.get("q", "").strip()
    like = f"%{wanted}%"
    found = find("species LIKE ? OR body LIKE ?", (like, like)) if wanted else []
    return render_template("search.html", wanted=wanted, notes=found)
