"""A guestbook that keeps its entries in a sqlite file beside the code."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, redirect, render_template, request, url_for

BOOK = Path(__file__).parent / "guestbook.sqlite3"
LONGEST_NAME = 60
LONGEST_MESSAGE = 500
ENTRIES_SHOWN = 100

app = Flask(__name__)
app.jinja_env.globals["dyno"] = os.environ.get("DYNO", "this computer")


@contextmanager
def book() -> Iterator[sqlite3.Connection]:
    """The open book: what is written is kept at the end of the block."""
    connection = sqlite3.connect(BOOK, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        with connection:
            yield connection
    finally:
        connection.close()


@app.get("/")
def entries() -> str:
    """The form and the newest entries."""
    with book() as connection:
        rows = connection.execute("SELECT * FROM entry ORDER BY id DESC LIMIT ?", (ENTRIES_SHOWN,)).fetchall()
        total = connection.execute("SELECT count(*) FROM entry").fetchone()[0]
    return render_template("guestbook.html", entries=rows, total=total, problem=None)


@app.post("/entries")
def sign():
    """One more entry, then back to the page."""
    name, message = request.form.get("name", "").strip(), request.form.get("message", "").strip()
    if not name or not message:
        return render_template("guestbook.html", entries=[], total=0, problem="Please give a name and a message."), 422
    with book() as connection:
        connection.execute(
            "INSERT INTO entry (name, town, message) VALUES (?, ?, ?)",
            (name[:LONGEST_NAME], request.form.get("town", "").strip()[:LONGEST_NAME], message[:LONGEST_MESSAGE]),
        )
    return redirect(url_for("entries"), 303)


@app.get("/entries/<int:number>")
def entry(number: int):
    """One entry, at an address to link to."""
    with book() as connection:
        row = connection.execute("SELECT * FROM entry WHERE id = ?", (number,)).fetchone()
    return (render_template("entry.html", entry=row), 200) if row else not_found(None)


@app.errorhandler(404)
def not_found(_error):
    """For an address that is not ours, or an entry nobody wrote."""
    return render_template("not_found.html"), 404


with book() as opened:
    opened.execute(
        "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, name TEXT, town TEXT, message TEXT,"
        " written TEXT DEFAULT (strftime('%Y-%m-%d %H:%M', 'now')))"
    )
