"""Things to do."""
import os
import uuid

import redis
from flask import Flask, redirect, render_template_string, request

app = Flask(__name__)
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
things = {}

PAGE = """<!doctype html><title>To do</title><h1>To do</h1>
<form method="post" action="/things"><input name="text" required><button>Add</button></form>
<ul>{% for key, text in things.items() %}<li>{{ text }} <form method="post" action="/things/{{ key }}/done"><button>Done</button></form></li>{% endfor %}</ul>
<a href="/health">Health</a>"""


@app.get("/")
def home():
    return render_template_string(PAGE, things=things)


@app.post("/things")
def add():
    things[uuid.uuid4().hex[:8]] = request.form.get("text", "")[:100]
    return redirect("/")


@app.post("/things/<key>/done")
def done(key):
    things.pop(key, None)
    return redirect("/")


@app.get("/health")
def health():
    return {"worker": os.getpid(), "redis": store.ping()}
