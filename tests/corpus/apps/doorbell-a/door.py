"""Ring, and wait until somebody rings."""
import asyncio
import hashlib
import html
import os
import time

import redis.asyncio as redis
from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse

app = FastAPI()
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
PATIENCE = 7


def mark(text):
    return hashlib.sha256(str(text).encode()).hexdigest()


async def changed(before):
    """The newest ring once it is another than `before`, or None after a while."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        newest = await store.lindex("rings", 0)
        if mark(newest) != mark(before):
            return newest
        await asyncio.sleep(0.5)
    return None


@app.get("/", response_class=HTMLResponse)
async def home():
    rings = await store.lrange("rings", 0, 19)
    items = "".join(f"<li>{html.escape(ring)}</li>" for ring in rings)
    return f"""<!doctype html><title>Door</title><h1>Who rang</h1><ul>{items}</ul>
<form method="post" action="/ring"><input name="name" required><button>Ring</button></form><a href="/wait">Wait at the door</a>"""


@app.post("/ring")
async def ring(name: str = Form(max_length=60)):
    await store.lpush("rings", name)
    return RedirectResponse("/", 303)


@app.get("/wait", response_class=HTMLResponse)
async def wait():
    newest = await changed(await store.lindex("rings", 0))
    return f"<!doctype html><title>Door</title><h1>{html.escape(newest) + ' rang' if newest else 'Nobody came'}</h1><a href='/'>Back</a>"
