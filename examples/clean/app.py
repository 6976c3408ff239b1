"""Notes that live with whoever writes them, in a signed cookie: any dyno can answer any request."""

import json
import os
import threading

from notes import Notes
from pages import page_of_notes, page_not_found
from server import Request, Response, redirect, serve

COOKIE = "clean_notes"
A_MONTH = 30 * 24 * 3600
DYNO = os.environ.get("DYNO", "this computer")


def pages(request: Request) -> Response:
    """The whole site: four addresses."""
    notes = Notes.from_cookie(request.cookies.get(COOKIE, ""), secret())
    match request.method, request.path:
        case "GET", "/":
            return Response(page_of_notes(notes, DYNO, request.request_id, request.query.get("problem")))
        case "GET", "/whoami":
            answer = json.dumps({"dyno": DYNO, "request_id": request.request_id})
            return Response(answer, content_type="application/json", headers={"Cache-Control": "no-store"})
        case "POST", "/notes":
            return keep(notes.with_added(request.form.get("text", "")))
        case "POST", "/notes/remove":
            return keep(notes.without(request.form.get("number", "")))
        case _:
            return Response(page_not_found(), 404)


def keep(notes: Notes) -> Response:
    """Back to the list, with the notes in the visitor's own hands."""
    if not notes.fit():
        return redirect("/?problem=full")
    cookie = f"{COOKIE}={notes.to_cookie(secret())}; Path=/; Max-Age={A_MONTH}; HttpOnly; SameSite=Lax"
    return redirect("/", {"Set-Cookie": cookie})


def secret() -> bytes:
    """The key that signs the cookies: a config var, so it is the same on every dyno and after every restart."""
    return os.environ["SECRET_KEY"].encode()


if __name__ == "__main__":
    if not os.environ.get("SECRET_KEY"):
        raise SystemExit("SECRET_KEY is not set: app.json asks the platform for it; by hand: SECRET_KEY=anything-long")
    serve(pages, threading.Event())
