"""Parcels that wait with the porter. A watcher says so when there are many."""
import asyncio
import html
import os
from contextlib import asynccontextmanager

import redis
from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
MANY = 20


async def watch():
    while True:
        if store.hlen("parcels") > MANY:
            print("the porter's room is full", flush=True)
        await asyncio.sleep(1)


@asynccontextmanager
async def life(app):
    watcher = asyncio.create_task(watch())
    yield
    await asyncio.wait([watcher])


app = FastAPI(lifespan=life)


@app.get("/", response_class=HTMLResponse)
def home():
    rows = "".join(
        f"<li>{html.escape(name)} ({html.escape(sender)}) <form method='post' action='/fetched'>"
        f"<input type='hidden' name='name' value='{html.escape(name)}'><button>Fetched</button></form></li>"
        for name, sender in sorted(store.hgetall("parcels").items())
    )
    return f"""<!doctype html><title>Porter</title><h1>Parcels</h1><ul>{rows}</ul>
<form method="post" action="/parcels"><input name="name" placeholder="for" required> <input name="sender" placeholder="from"> <button>Leave it here</button></form>"""


@app.post("/parcels")
def leave(name: str = Form(max_length=60), sender: str = Form("")):
    store.hset("parcels", name, sender[:60])
    return RedirectResponse("/", 303)


@app.post("/fetched")
def fetched(name: str = Form()):
    store.hdel("parcels", name)
    return RedirectResponse("/", 303)
