"""Orders of frames, and how far they are."""
import asyncio
import html
import os

import redis.asyncio as redis
from aiohttp import web

from workshop import make, query


async def home(request):
    rows = await query("SELECT id, name, wood, state FROM frame ORDER BY id DESC LIMIT 30")
    items = "".join(f"<li>No. {id}: {html.escape(wood)} for {html.escape(name)}, {state}</li>" for id, name, wood, state in rows)
    return web.Response(
        text=f"""<!doctype html><title>Frames</title><h1>Frames</h1>
<form method="post" action="/frames"><input name="name" required> <select name="wood"><option>Oak</option><option>Ash</option></select> <button>Order</button></form>
<ul>{items}</ul>""",
        content_type="text/html",
    )


async def order(request):
    form = await request.post()
    [(number,)] = await query("INSERT INTO frame (name, wood) VALUES (%s, %s) RETURNING id", form.get("name", "")[:60], form.get("wood", "Oak")[:20])
    await request.app["redis"].lpush("frames:asked", number)
    raise web.HTTPSeeOther("/")


async def life(app):
    app["redis"] = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    app["tasks"] = set()
    yield
    await app["redis"].aclose()


app = web.Application()
app.cleanup_ctx.append(life)
app.add_routes([web.get("/", home), web.post("/frames", order)])
web.run_app(app, port=int(os.environ.get("PORT", "8080")), shutdown_timeout=3)
