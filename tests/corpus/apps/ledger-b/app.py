"""Petty cash: what went into the box and what was taken."""
import os

import psycopg
from flask import Flask, flash, redirect, render_template, request, url_for

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
BATCH = 10
pending = []
cached = {"count": -1, "rows": []}


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"])


with connect() as db:
    db.execute("SELECT pg_advisory_xact_lock(99)")
    db.execute("CREATE TABLE IF NOT EXISTS entry (id SERIAL PRIMARY KEY, what TEXT, cents INTEGER, who TEXT)")


def flush():
    rows = pending[:]
    with connect() as db, db.cursor() as cursor:
        cursor.executemany("INSERT INTO entry (what, cents, who) VALUES (%s, %s, %s)", rows)
    del pending[: len(rows)]


def entries():
    with connect() as db:
        (count,) = db.execute("SELECT count(*) FROM entry").fetchone()
        if count != cached["count"]:
            rows = db.execute("SELECT what, cents, who FROM entry ORDER BY id").fetchall()
            cached.update(count=count, rows=rows)
    return cached["rows"] + pending


@app.get("/")
def home():
    rows = entries()
    return render_template("cash.html", rows=rows, total=sum(cents for _, cents, _ in rows))


@app.post("/entries")
def add():
    try:
        cents = round(float(request.form["amount"]) * 100)
    except (KeyError, ValueError):
        flash("An amount, please.")
        return redirect(url_for("home"))
    pending.append((request.form.get("what", "")[:80], cents, request.form.get("who", "")[:40]))
    flush()
    flash("Entered.")
    return redirect(url_for("home"))


@app.get("/by/<who>")
def by(who):
    rows = [row for row in entries() if row[2] == who]
    return render_template("cash.html", rows=rows, total=sum(cents for _, cents, _ in rows))
