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


def reply(value: Any, status: int = 200) -> web.Response:
    """JSON as the Platform API sends it."""
    return web.json_response(value, status=status, headers={"Cache-Control": "no-cache"})


async def streamed(request: web.Request) -> web.StreamResponse:
    """Begin a text answer whose length is not known."""
    response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache"})
    await response.prepare(request)
    return response
