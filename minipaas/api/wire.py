"""What all handlers share: the plane, JSON in, JSON out."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from minipaas.control.app import RunningApp
from minipaas.control.plane import ControlPlane
from minipaas.errors import UsageProblem

PLANE = web.AppKey("plane", ControlPlane)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def plane(request: web.Request) -> ControlPlane:
    """The platform that answers."""
    return request.app[PLANE]


def running_app(request: web.Request) -> RunningApp:
    """The app named in the path.

    Raises:
        NotFound: there is none.
    """
    return plane(request).find(request.match_info["app"])


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object sent, {} when none was.

    Raises:
        UsageProblem: it is no JSON object.
    """
    raw = await request.read()
    if not raw:
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise UsageProblem(f"cannot read the request body: {error}") from error
    if not isinstance(value, dict):
        raise UsageProblem("cannot read the request body: a JSON object is needed")
    return value


def part(value: dict[str, Any], key: str) -> dict[str, Any]:
    """An object in what was sent, {} when there is none.

    Raises:
        UsageProblem: it is something else.
    """
    found = value.get(key) or {}
    if not isinstance(found, dict):
        raise UsageProblem(f"{key} must be an object")
    return found


def text(value: dict[str, Any], key: str) -> str | None:
    """Text in what was sent, None when there is none.

    Raises:
        UsageProblem: it is something else.
    """
    found = value.get(key)
    if found is not None and not isinstance(found, str):
        raise UsageProblem(f"{key} must be text")
    return found


def flag(value: dict[str, Any], key: str) -> bool:
    """True or false in what was sent; heroku3 sends 0 for false.

    Raises:
        UsageProblem: it is something else, or missing.
    """
    found = value.get(key)
    if found not in (True, False):
        raise UsageProblem(f"{key} must be true or false")
    return bool(found)


def seconds(value: dict[str, Any], key: str) -> float | None:
    """A time in what was sent, None when there is none.

    Raises:
        UsageProblem: it is no number above 0.
    """
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not found > 0:
        raise UsageProblem(f"{key} must be a number of seconds above 0")
    return found


def reference(value: dict[str, Any], key: str) -> str:
    """What names a thing: its id or name, or an object that has one of these, as Heroku's clients send either.

    Raises:
        UsageProblem: there is none.
    """
    found = value.get(key)
    if isinstance(found, dict):
        found = found.get("name") or found.get("id")
    if not isinstance(found, str) or not found:
        raise UsageProblem(f"{key} must name one by its id or name")
    return found


def reply(value: Any, status: int = 200) -> web.Response:
    """JSON as the Platform API sends it."""
    return web.json_response(value, status=status, headers={"Cache-Control": "no-cache"})


async def streamed(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Begin an answer whose length is not known, of text where none is given."""
    begun = response or web.StreamResponse(headers={"Content-Type": "text/plain"})
    begun.headers["Cache-Control"] = "no-cache"
    await begun.prepare(request)
    return begun
