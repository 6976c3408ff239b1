"""Which stars were seen, and from where."""
import os

import psycopg
from flask import Flask, redirect, render_template_string, request

app = Flask(__name__)

PAGE = """<!doctype html><title>Stars</title><h1>Stars</h1>
<form method="post"><input name="star" required> <input name="place"> <button>Seen</button></form>
<ul>{% for star, place in rows %}<li>{{ star }}{% if place %}, from {{ place }}{% endif %}</li>{% endfor %}</ul>"""


@app.route("/", methods=["GET", "POST"])
def home():
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        if request.method == "POST":
            db.execute("INSERT INTO sighting (star, place) VALUES (%s, %s)", (request.form.get("star"), request.form.get("place")))
            return redirect("/")
        rows = db.execute("SELECT star, place FROM sighting ORDER BY id DESC LIMIT 30").fetchall()
    return render_template_string(PAGE, rows=rows)
