"""A club's book, for those who come through the identity service (which lives under /id)."""
import hashlib
import hmac
import os
import secrets
from urllib.parse import urlencode

import redis
from flask import Flask, redirect, render_template, request, session, url_for

app = Flask(__name__)
app.config.update(SECRET_KEY=os.environ["SECRET_KEY"], SESSION_COOKIE_SAMESITE="Lax")
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
under_way = set()


def begin(state):
    under_way.add(state)


def finish(state):
    known = state in under_way
    under_way.discard(state)
    return known


def signature(name):
    return hmac.new(os.environ["ID_KEY"].encode(), name.encode(), hashlib.sha256).hexdigest()


@app.get("/")
def home():
    name = session.get("name")
    return render_template("club.html", name=name, book=store.lrange("book", 0, 19) if name else [])


@app.post("/login")
def login():
    state = secrets.token_urlsafe(12)
    begin(state)
    return redirect("/id/authorize?" + urlencode({"state": state, "name": request.form.get("name", "")[:40]}))


@app.get("/id/authorize")
def authorize():
    name = request.args.get("name", "") or "guest"
    back = {"state": request.args.get("state", ""), "name": name, "proof": signature(name)}
    return redirect(url_for("callback") + "?" + urlencode(back))


@app.get("/callback")
def callback():
    name, proof = request.args.get("name", ""), request.args.get("proof", "")
    if not hmac.compare_digest(proof, signature(name)) or not finish(request.args.get("state", "")):
        return render_template("refused.html"), 400
    session["name"] = name
    return redirect(url_for("home"))


@app.post("/book")
def write():
    if "name" not in session:
        return redirect(url_for("home"))
    store.lpush("book", f"{session['name']}: {request.form.get('line', '')[:120]}")
    return redirect(url_for("home"))


@app.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("home"))
