"""A wall of wishes: hang one up, take one down; each act is confirmed on the next page."""
import html
import os
import uuid
from urllib.parse import quote, unquote

import psycopg
from aiohttp import web

notices = {}


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"])


def visitor(request):
    return request.cookies.get("visitor") or uuid.uuid4().hex


def notify(request, text):
    """The answer that sends the visitor back to the wall, where `text` is shown once."""
    response = web.HTTPSeeOther("/")
    who = visitor(request)
    response.set_cookie("visitor", who, httponly=True)
    response.set_cookie("notice", quote(text), httponly=True)
    return response


def take_notice(request, response):
    response.del_cookie("notice")
    return unquote(request.cookies.get("notice", ""))


async def show(request):
    with connect() as db:
        wishes = db.execute("SELECT id, text FROM wish ORDER BY id DESC LIMIT 50").fetchall()
    response = web.Response(content_type="text/html")
    notice = take_notice(request, response)
    items = "".join(
        f"<li>{html.escape(text)} <form method='post' action='/down'><input type='hidden' name='id' value='{id}'><button>Take down</button></form></li>"
        for id, text in wishes
    )
    response.text = (
        "<!doctype html><title>Wishes</title><h1>The wall of wishes</h1>"
        + (f"<p role='status'>{html.escape(notice)}</p>" if notice else "")
        + "<form method='post' action='/up'><input name='wish' maxlength='200' required><button>Hang it up</button></form>"
        + f"<ul>{items}</ul>"
    )
    return response


async def up(request):
    wish = (await request.post()).get("wish", "").strip()
    if not wish:
        raise notify(request, "An empty wish is hard to fulfil.")
    with connect() as db:
        db.execute("INSERT INTO wish (text) VALUES (%s)", (wish[:200],))
    raise notify(request, f"Your wish “{wish[:60]}” is on the wall.")


async def down(request):
    number = (await request.post()).get("id", "")
    with connect() as db:
        row = db.execute("DELETE FROM wish WHERE id::text = %s RETURNING text", (number,)).fetchone()
    raise notify(request, f"“{row[0][:60]}” was taken down." if row else "It is gone already.")


def create():
    with connect() as db:
        db.execute("SELECT pg_advisory_xact_lock(3)")
        db.execute("CREATE TABLE IF NOT EXISTS wish (id SERIAL PRIMARY KEY, text TEXT)")
    app = web.Application()
    app.add_routes([web.get("/", show), web.post("/up", up), web.post("/down", down)])
    return app


if __name__ == "__main__":
    web.run_app(create(), port=int(os.environ.get("PORT", "8080")), shutdown_timeout=3)
