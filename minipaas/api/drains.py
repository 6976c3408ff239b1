"""/apps/{app}/log-drains."""

from typing import Any

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.wire import body, plane, reply, running_app, text
from minipaas.control.app import RunningApp
from minipaas.control.drains import find_drain
from minipaas.errors import UsageProblem
from minipaas.model.drain import Drain

routes = web.RouteTableDef()


def _shape(request: web.Request, app: RunningApp, drain: Drain) -> dict[str, Any]:
    return shapes.drain(app.record, drain, plane(request).drains.delivery(drain))


@routes.get("/apps/{app}/log-drains")
async def list_drains(request: web.Request) -> web.Response:
    """All drains."""
    app = running_app(request)
    return reply([_shape(request, app, drain) for drain in app.record.drains])


@routes.post("/apps/{app}/log-drains")
async def add_drain(request: web.Request) -> web.Response:
    """`{"url": "https://…"}`."""
    app, wanted = running_app(request), await body(request)
    url = text(wanted, "url")
    if not url:
        raise UsageProblem("url must say where to drain to")
    return reply(_shape(request, app, plane(request).drains.add(app, url)), status=201)


@routes.get("/apps/{app}/log-drains/{drain:.+}")
async def show_drain(request: web.Request) -> web.Response:
    """One, by id, token or URL."""
    app = running_app(request)
    return reply(_shape(request, app, find_drain(app, request.match_info["drain"])))


@routes.delete("/apps/{app}/log-drains/{drain:.+}")
async def remove_drain(request: web.Request) -> web.Response:
    """Remove one, by id, token or URL."""
    app = running_app(request)
    drain = find_drain(app, request.match_info["drain"])
    shape = _shape(request, app, drain)
    plane(request).drains.remove(app, drain.id)
    return reply(shape)
