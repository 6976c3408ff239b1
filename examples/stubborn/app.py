"""A list of things to do, kept in a signed cookie."""

import os
import threading

from pages import page_not_found, page_of_tasks
from server import Request, Response, redirect, serve
from tasks import Tasks

COOKIE = "todo_tasks"
A_MONTH = 30 * 24 * 3600


def pages(request: Request) -> Response:
    """The whole site: four addresses."""
    tasks = Tasks.from_cookie(request.cookies.get(COOKIE, ""), secret())
    match request.method, request.path:
        case "GET", "/":
            return Response(page_of_tasks(tasks, request.query.get("problem")))
        case "POST", "/tasks":
            return keep(tasks.with_added(request.form.get("task", ""), request.form.get("when", "")))
        case "POST", "/tasks/done":
            return keep(tasks.with_done(request.form.get("number", "")))
        case "POST", "/tasks/remove":
            return keep(tasks.without(request.form.get("number", "")))
        case _:
            return Response(page_not_found(), 404)


def keep(tasks: Tasks) -> Response:
    """Back to the list, with the tasks in the visitor's own hands."""
    if not tasks.fit():
        return redirect("/?problem=full")
    cookie = f"{COOKIE}={tasks.to_cookie(secret())}; Path=/; Max-Age={A_MONTH}; HttpOnly; SameSite=Lax"
    return redirect("/", {"Set-Cookie": cookie})


def secret() -> bytes:
    """The key that signs the cookies: a config var, so it is the same on every dyno and after every restart."""
    return os.environ["SECRET_KEY"].encode()


if __name__ == "__main__":
    if not os.environ.get("SECRET_KEY"):
        raise SystemExit("SECRET_KEY is not set: app.json asks the platform for it; by hand: SECRET_KEY=anything-long")
    serve(pages, threading.Event())
