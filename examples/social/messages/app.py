"""Messages in JSON. What has to be done with a new one later goes to the worker, by a queue."""

from fastapi import FastAPI
from pydantic import BaseModel, Field

import jobs
import store

app = FastAPI(title="messages")


class NewMessage(BaseModel):
    """What somebody wants to say."""

    author: str = Field(min_length=1, max_length=20)
    text: str = Field(min_length=1, max_length=280)


@app.get("/")
def about() -> dict:
    """For who opens the URL in a browser."""
    return {"service": "messages", "paths": ["/messages", "/docs"]}


@app.get("/messages")
def newest(author: str = "") -> list[dict]:
    """The newest messages, of one author or of all."""
    return store.newest(author)


@app.post("/messages", status_code=201)
def write(new: NewMessage) -> dict:
    """Keep it, and leave the rest to the worker."""
    message = store.add(new.author, new.text)
    jobs.put(message["id"])
    return message
