"""A shelf of books: list, add, correct, remove."""

import json
import os
import platform
import time
import uuid
from functools import lru_cache

import redis
from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel, Field

app = FastAPI(title="Bookshelf", version="1.2.0")
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
started = time.monotonic()
served = 0
SHELF = "shelf:books"


class BookIn(BaseModel):
    title: str = Field(min_length=1, max_length=120)
    author: str = Field(default="unknown", max_length=80)
    year: int = Field(default=2000, ge=0, le=2100)


class Book(BookIn):
    id: str


@lru_cache(maxsize=512)
def sort_key(title: str) -> str:
    """Titles sort without their article."""
    words = title.lower().split()
    return " ".join(words[1:] if words and words[0] in {"a", "an", "the"} else words)


@app.middleware("http")
async def count(request, call_next):
    global served
    served += 1
    return await call_next(request)


@app.get("/", response_class=HTMLResponse)
def home() -> str:
    return "<h1>Bookshelf</h1><p>See <a href='/books'>the books</a> or <a href='/docs'>the docs</a>.</p>"


@app.get("/metrics", response_class=PlainTextResponse)
def metrics() -> str:
    up = int(time.monotonic() - started)
    return f'requests_total{{host="{platform.node()}"}} {served}\nuptime_seconds {up}\npid {os.getpid()}\n'


@app.get("/books")
def list_books() -> list[Book]:
    books = [Book(**json.loads(text)) for text in store.hvals(SHELF)]
    return sorted(books, key=lambda book: (sort_key(book.title), book.id))


@app.post("/books", status_code=201)
def add_book(wanted: BookIn, response: Response) -> Book:
    book = Book(id=uuid.uuid4().hex[:12], **wanted.model_dump())
    store.hset(SHELF, book.id, book.model_dump_json())
    response.headers["Location"] = f"/books/{book.id}"
    return book


@app.get("/books/{book_id}")
def get_book(book_id: str) -> Book:
    text = store.hget(SHELF, book_id)
    if text is None:
        raise HTTPException(404, "no such book")
    return Book(**json.loads(text))


@app.put("/books/{book_id}")
def correct_book(book_id: str, wanted: BookIn) -> Book:
    book = Book(id=get_book(book_id).id, **wanted.model_dump())
    store.hset(SHELF, book.id, book.model_dump_json())
    return book


@app.delete("/books/{book_id}", status_code=204)
def remove_book(book_id: str) -> None:
    store.hdel(SHELF, get_book(book_id).id)


@app.get("/healthz")
def health() -> dict[str, bool]:
    return {"ok": bool(store.ping())}
