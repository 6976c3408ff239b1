"""People in JSON: their passwords, what they say of themselves, who mentioned them."""

from flask import Flask, jsonify, request
from werkzeug.security import check_password_hash, generate_password_hash

import store

app = Flask(__name__)


@app.get("/")
def about():
    """For who opens the URL in a browser."""
    return jsonify(service="profiles", paths=["/people/NAME"])


@app.post("/people")
def join():
    """A new person, unless the name is taken."""
    name, password = request.json["name"], request.json["password"]
    if not store.add(name, generate_password_hash(password)):
        return jsonify(error="the name is taken"), 409
    return jsonify(name=name), 201


@app.post("/logins")
def login():
    """Whether name and password belong together."""
    kept = store.password(request.json["name"])
    if kept is None or not check_password_hash(kept, request.json["password"]):
        return jsonify(error="no such name and password"), 401
    return jsonify(name=request.json["name"])


@app.get("/people/<name>")
def person(name: str):
    """One person, with the newest mentions."""
    found = store.person(name)
    return jsonify(found) if found else no_such_person()


@app.put("/people/<name>/about")
def describe(name: str):
    """What they say of themselves."""
    return jsonify(name=name) if store.describe(name, request.json["about"]) else no_such_person()


@app.put("/people/<name>/mentions/<int:message>")
def mention(name: str, message: int):
    """Somebody mentioned them; the same message twice is one mention."""
    if store.person(name) is None:
        return no_such_person()
    store.mention(name, message, request.json["author"], request.json["text"])
    return jsonify(name=name)


def no_such_person():
    """For a name that nobody has taken."""
    return jsonify(error="there is no such person"), 404
