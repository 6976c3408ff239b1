"""Send a text, get a receipt, fetch the figures with it."""
import json
import os
import re
import uuid
from collections import Counter

import redis
from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates

app = FastAPI()
pages = Jinja2Templates("pages")
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
results: dict[str, str] = {}
HOUR = 3600


def count(text: str) -> dict:
    words = re.findall(r"\w+", text.lower())
    return {"text": text, "words": len(words), "often": Counter(words).most_common(5)}


def keep(receipt: str, result: dict) -> None:
    results[receipt] = json.dumps(result)


def fetch(receipt: str) -> dict:
    found = results.get(receipt)
    if found is None:
        raise HTTPException(404, "no such receipt")
    return json.loads(found)


@app.get("/", response_class=HTMLResponse)
def home(request: Request):
    return pages.TemplateResponse(request, "home.html", {"total": store.get("texts") or 0})


@app.post("/texts")
def submit(text: str = Form(max_length=5000), title: str = Form("")):
    receipt = uuid.uuid4().hex
    keep(receipt, {"title": title, **count(text)})
    store.incr("texts")
    return RedirectResponse(f"/texts/{receipt}", 303)


@app.get("/texts/{receipt}", response_class=HTMLResponse)
def result(request: Request, receipt: str):
    return pages.TemplateResponse(request, "result.html", {"result": fetch(receipt), "receipt": receipt})


@app.get("/texts/{receipt}/figures")
def figures(receipt: str) -> dict:
    return fetch(receipt)
