"""Begin a scroll, send its parts one by one, seal it; sealed scrolls can be read."""
import html
import os
import uuid

import psycopg
from aiohttp import web

import parts

LAYOUT = "<!doctype html><title>Scrolls</title><h1><a href='/'>Scrolls</a></h1>{body}"


def page(body, status=200):
    return web.Response(text=LAYOUT.format(body=body), content_type="text/html", status=status)


def query(sql, *values):
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        cursor = db.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


async def home(request):
    rows = query("SELECT id, title, text IS NULL FROM scroll ORDER BY begun DESC LIMIT 40")
    items = "".join(f"<li><a href='/scrolls/{id}'>{html.escape(title)}</a>{' (open)' if is_open else ''}</li>" for id, title, is_open in rows)
    return page(f"<form method='post' action='/scrolls'><input name='title' required><button>Begin</button></form><ul>{items}</ul>")


async def begin(request):
    title = (await request.post()).get("title", "").strip()[:80] or "Untitled"
    scroll = str(uuid.uuid4())
    query("INSERT INTO scroll (id, title) VALUES (%s, %s)", scroll, title)
    raise web.HTTPSeeOther(f"/scrolls/{scroll}")


def find(request):
    rows = query("SELECT id, title, text FROM scroll WHERE id::text = %s", request.match_info["id"])
    if not rows:
        raise web.HTTPNotFound(text="no such scroll")
    return rows[0]


async def show(request):
    id, title, text = find(request)
    if text is not None:
        return page(f"<h2>{html.escape(title)}</h2><pre>{html.escape(text)}</pre>")
    so_far = parts.of(str(id))
    items = "".join(f"<li>{html.escape(part)}</li>" for part in so_far)
    return page(
        f"<h2>{html.escape(title)}</h2><p>{len(so_far)} parts so far</p><ol>{items}</ol>"
        f"<form method='post' action='/scrolls/{id}/parts'><textarea name='part' required></textarea><button>Send part</button></form>"
        f"<form method='post' action='/scrolls/{id}/seal'><button>Seal</button></form>"
    )


async def add(request):
    id, _, text = find(request)
    if text is not None:
        return page("<p>This scroll is sealed.</p>", status=409)
    parts.add(str(id), (await request.post()).get("part", "")[:5000])
    raise web.HTTPSeeOther(f"/scrolls/{id}")


async def seal(request):
    id, _, _ = find(request)
    query("UPDATE scroll SET text = %s WHERE id = %s AND text IS NULL", parts.join(str(id)), id)
    raise web.HTTPSeeOther(f"/scrolls/{id}")


def main():
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        db.execute("SELECT pg_advisory_xact_lock(64)")
        db.execute("CREATE TABLE IF NOT EXISTS scroll (id UUID PRIMARY KEY, title TEXT, text TEXT, begun TIMESTAMPTZ DEFAULT now())")
    app = web.Application()
    app.add_routes([
        web.get("/", home), web.post("/scrolls", begin), web.get("/scrolls/{id}", show),
        web.post("/scrolls/{id}/parts", add), web.post("/scrolls/{id}/seal", seal),
    ])
    web.run_app(app, port=int(os.environ.get("PORT", "8080")), shutdown_timeout=3)


main()
