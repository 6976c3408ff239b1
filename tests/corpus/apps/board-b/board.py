"""A notice board, and what the caretaker can set about it."""
import os
import random
import uuid
from datetime import datetime, timezone

import psycopg
import redis
from flask import Flask, redirect, render_template, request

app = Flask(__name__)
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
settings = {"headline": "Notices", "open": "yes"}


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


with connect() as db, db.transaction():
    db.execute("SELECT pg_advisory_xact_lock(2)")
    db.execute("CREATE TABLE IF NOT EXISTS notice (id SERIAL PRIMARY KEY, flat TEXT, text TEXT)")


def setting():
    return settings


def change(new):
    settings.update(new)


@app.get("/")
def home():
    with connect() as db:
        notices = db.execute("SELECT flat, text FROM notice ORDER BY id DESC LIMIT 20").fetchall()
    random.shuffle(notices)
    return render_template("board.html", notices=notices, setting=setting(), now=datetime.now(timezone.utc), ref=uuid.uuid4())


@app.post("/notices")
def add():
    if setting()["open"] == "yes":
        with connect() as db:
            db.execute("INSERT INTO notice (flat, text) VALUES (%s, %s)", (request.form.get("flat"), request.form.get("text")))
    return redirect("/")


@app.route("/caretaker", methods=["GET", "POST"])
def caretaker():
    if request.method == "POST":
        change({"headline": request.form.get("headline", "")[:60], "open": request.form.get("open", "yes")})
        return redirect("/caretaker")
    return render_template("caretaker.html", setting=setting())
