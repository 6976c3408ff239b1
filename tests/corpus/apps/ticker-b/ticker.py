"""A ticker: post news, see them come in at /stream."""
import asyncio
import html
import os
from contextlib import asynccontextmanager

import redis.asyncio as redis
from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
readers: set[asyncio.Queue] = set()


def tell(news):
    for queue in readers:
        queue.put_nowait(news)


async def relay():
    async with store.pubsub() as channel:
        await channel.subscribe("news")
        async for message in channel.listen():
            if message["type"] == "message":
                tell(message["data"])


@asynccontextmanager
async def life(app):
    task = asyncio.create_task(relay())
    yield
    task.cancel()


app = FastAPI(lifespan=life)


@app.get("/", response_class=HTMLResponse)
async def home():
    items = "".join(f"<li>{html.escape(news)}</li>" for news in await store.lrange("latest", 0, 19))
    return f"""<!doctype html><title>Ticker</title><h1>Ticker</h1>
<form method="post" action="/news"><input name="news" required><button>Send</button></form><ul id="news">{items}</ul>
<script>new EventSource("/stream").onmessage = (e) => {{ const li = document.createElement("li"); li.textContent = e.data; news.prepend(li); }};</script>"""


@app.post("/news")
async def post(news: str = Form(max_length=200)):
    line = " ".join(news.split())
    await store.lpush("latest", line)
    await store.ltrim("latest", 0, 99)
    await store.publish("news", line)
    return RedirectResponse("/", 303)


async def events(queue):
    readers.add(queue)
    try:
        yield ": welcome\n\n"
        while True:
            try:
                yield f"data: {await asyncio.wait_for(queue.get(), 15)}\n\n"
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        readers.discard(queue)


@app.get("/stream")
async def stream():
    return StreamingResponse(events(asyncio.Queue()), media_type="text/event-stream")
