from uuid import uuid4

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for

from . import store

badges = Blueprint("badges", __name__)


@badges.get("/")
def index():
    return render_template("index.html", badges=store.names())


@badges.post("/")
def create():
    picture = request.files.get("picture")
    if not picture:
        abort(400)
    badge = uuid4().hex
    store.save(badge, request.form.get("name", "")[:50], picture)
    return redirect(url_for(".show", badge=badge))


@badges.get("/<string(length=32):badge>")
def show(badge):
    name = store.names().get(badge)
    return render_template("badge.html", badge=badge, name=name) if name is not None else abort(404)


@badges.get("/<string(length=32):badge>.img")
def image(badge):
    path = store.picture(badge) if badge in store.names() else None
    return send_file(path, mimetype="application/octet-stream") if path else abort(404)
