"""Splits numbers into two heaps, as evenly as it can."""
from flask import Flask, abort, redirect, render_template_string, request, url_for

import jobs

app = Flask(__name__)

HOME = """<!doctype html><title>Two heaps</title><h1>Two heaps</h1>
<form method="post" action="{{ url_for('submit') }}"><input name="name" placeholder="name"> <input name="numbers" value="3 1 4 1 5 9 2 6"> <button>Split</button></form>
<ul>{% for id, name in all %}<li><a href="{{ url_for('show', job=id) }}">{{ name or id }}</a></li>{% endfor %}</ul>"""
JOB = """<!doctype html><title>{{ name }}</title><h1>{{ name }}</h1><p>{{ numbers }}</p><p>{{ result or "not yet" }}</p><a href="/">Back</a>"""


@app.get("/")
def home():
    ids = jobs.store.lrange("jobs", 0, 29)
    return render_template_string(HOME, all=[(id, jobs.store.hget(f"job:{id}", "name")) for id in ids])


@app.post("/jobs")
def submit():
    numbers = [int(word) for word in request.form.get("numbers", "").split() if word.isdecimal()][:40] or [1, 2, 3]
    return redirect(url_for("show", job=jobs.submit(request.form.get("name", "")[:60], numbers)))


@app.get("/jobs/<job>")
def show(job):
    record = jobs.store.hgetall(f"job:{job}")
    if not record:
        abort(404)
    return render_template_string(JOB, **record)
