"""Says hello, and remembers what you like."""
import os
import platform
import secrets
import time

from flask import Flask, redirect, render_template_string, request, session, url_for

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
started = time.time()

PAGE = """<!doctype html>
<title>Hello</title>
<h1>Hello {{ session.get("name", "stranger") }}</h1>
{% if session.get("drink") %}<p>A cup of {{ session["drink"] }}, as always?</p>{% endif %}
<form method="post" action="{{ url_for('profile') }}">
  <label>Name <input name="name" value="{{ session.get('name', '') }}"></label>
  <label>Drink <input name="drink"></label>
  <button>Remember me</button>
</form>
{% if "name" in session %}<form method="post" action="{{ url_for('forget') }}"><button>Forget me</button></form>{% endif %}
<p><a href="{{ url_for('about') }}">About this server</a></p>
<footer>request {{ nonce }}</footer>
"""


@app.get("/")
def home():
    return render_template_string(PAGE, nonce=secrets.token_hex(8))


@app.post("/profile")
def profile():
    session.permanent = True
    session["name"] = request.form.get("name", "").strip()[:40] or "nobody"
    session["drink"] = request.form.get("drink", "").strip()[:40]
    return redirect(url_for("home"))


@app.post("/forget")
def forget():
    session.clear()
    return redirect(url_for("home"))


@app.get("/about")
def about():
    return render_template_string(
        "<h1>About</h1><p>{{ host }}, process {{ pid }}, up for {{ up }} s</p><p><a href='/'>Back</a></p>",
        host=platform.node(), pid=os.getpid(), up=int(time.time() - started),
    )
