"""The log of a lighthouse. One keeper under each name: a second one waits for the first to go."""
import asyncio
import html
import os
import sys
import time

import redis.asyncio as redis
from aiohttp import web

NAME = os.environ.get("DYNO", "web.1")
LOCK = f"keeper:{NAME}"
PATIENCE = 6


async def begin_watch(store):
    end = time.monotonic() + PATIENCE
    while not await store.set(LOCK, "here", nx=True, px=2000):
        if time.monotonic() > end:
            sys.exit(f"another keeper is on watch as {NAME}")
        await asyncio.sleep(0.2)


async def stay(store):
    while True:
        await store.set(LOCK, "here", px=2000)
        await asyncio.sleep(0.5)


async def home(request):
    lines = await request.app["redis"].lrange("log", 0, 29)
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return web.Response(
        text=f"""<!doctype html><title>Lighthouse</title><h1>Log of the lighthouse</h1><ul>{items}</ul>
<form method="post" action="/log"><input name="line" required><button>Write</button></form>""",
        content_type="text/html",
    )


async def write(request):
    await request.app["redis"].lpush("log", (await request.post()).get("line", "")[:200])
    raise web.HTTPSeeOther("/")


async def watch(app):
    store = app["redis"] = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    await begin_watch(store)
    task = asyncio.create_task(stay(store))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.delete(LOCK)
    await store.aclose()


app = web.Application()
app.cleanup_ctx.append(watch)
app.add_routes([web.get("/", home), web.post("/log", write)])
web.run_app(app, port=int(os.environ.get("PORT", "8080")), shutdown_timeout=2)
