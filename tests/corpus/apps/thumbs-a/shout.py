"""Texts to be shouted."""
import os

import redis
from flask import Flask, redirect, render_template_string, request
from rq import Queue
from rq.job import Job

import loud

app = Flask(__name__)
store = redis.from_url(os.environ["REDIS_URL"])
queue = Queue("shouts", connection=store)

PAGE = """<!doctype html><title>Shouts</title><h1>Shouts</h1>
<form method="post"><input name="text" required><button>Shout</button></form>
<ul>{% for text, result in jobs %}<li>{{ text }}: {{ result or "waiting" }}</li>{% endfor %}</ul>"""


@app.route("/", methods=["GET", "POST"])
def home():
    if request.method == "POST":
        job = queue.enqueue(loud.shout, request.form.get("text", "")[:80], result_ttl=3600)
        store.lpush("shown", job.id)
        return redirect("/")
    ids = [id.decode() for id in store.lrange("shown", 0, 19)]
    found = [job for job in Job.fetch_many(ids, connection=store) if job]
    return render_template_string(PAGE, jobs=[(job.args[0], job.return_value()) for job in found])
