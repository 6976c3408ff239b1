"""The pages of the site. It keeps nothing: who a visitor is stands in their signed cookie, all else in other apps."""

import os
import re

from flask import Flask, redirect, render_template, request, session, url_for

import services

LONGEST_MESSAGE = 280
LONGEST_ABOUT = 160
A_NAME = re.compile(r"[a-z0-9]{2,20}")

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],  # from app.json: the same on every dyno
    SESSION_COOKIE_NAME="social_session",
    SESSION_COOKIE_SAMESITE="Lax",
)
app.jinja_env.globals.update(dyno=os.environ.get("DYNO", "this computer"), most=LONGEST_MESSAGE)


@app.get("/")
def wall() -> str:
    """What everybody wrote, newest first."""
    return render_template("wall.html", messages=services.messages())


@app.post("/messages")
def write():
    """One more message."""
    text = request.form.get("text", "").strip()[:LONGEST_MESSAGE]
    if "name" not in session:
        return redirect(url_for("login"), 303)
    if text:
        services.write(session["name"], text)
    return redirect(url_for("wall"), 303)


@app.get("/people/<name>")
def person(name: str):
    """Somebody's page: about, mentions, messages."""
    found = services.person(name)
    if found is None:
        return not_found(None)
    return render_template("person.html", person=found, messages=services.messages(name))


@app.post("/about")
def describe():
    """What the visitor says of themselves."""
    if "name" not in session:
        return redirect(url_for("login"), 303)
    services.describe(session["name"], request.form.get("about", "").strip()[:LONGEST_ABOUT])
    return redirect(url_for("person", name=session["name"]), 303)


@app.get("/search")
def search() -> str:
    """What the search service finds; what is newest there when nothing was asked for."""
    words = request.args.get("q", "").strip()
    return render_template("search.html", words=words, found=services.search(words))


@app.route("/join", methods=["GET", "POST"])
def join():
    """Become somebody."""
    if request.method == "GET":
        return _door("join")
    name, password = _typed()
    if not A_NAME.fullmatch(name) or not password:
        return _door("join", "A name is 2 to 20 of a-z and 0-9, and a password has to be there."), 422
    if not services.join(name, password):
        return _door("join", f"{name} is taken."), 409
    return _come_in(name)


@app.route("/login", methods=["GET", "POST"])
def login():
    """Be known again."""
    if request.method == "GET":
        return _door("login")
    name, password = _typed()
    if not services.knows(name, password):
        return _door("login", "That is no name and password of ours."), 401
    return _come_in(name)


@app.post("/logout")
def logout():
    """Be nobody."""
    session.clear()
    return redirect(url_for("wall"), 303)


@app.errorhandler(404)
def not_found(_error):
    """For an address that is not ours."""
    return render_template("problem.html", title="Not found", text="There is no such page."), 404


@app.errorhandler(services.Away)
def away(error):
    """For a moment without one of the others: say so, keep nothing, recover by ourselves."""
    app.logger.warning("%s", error)
    return render_template("problem.html", title="One moment", text="A part of this site is away."), 503


def _door(which: str, problem: str = "") -> str:
    return render_template("door.html", which=which, problem=problem)


def _typed() -> tuple[str, str]:
    return request.form.get("name", "").strip().lower(), request.form.get("password", "")


def _come_in(name: str):
    session["name"] = name
    return redirect(url_for("wall"), 303)
