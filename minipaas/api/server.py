"""The control API: on a Unix socket for who may read the home folder, on loopback for who has the token."""

import contextlib
import hmac
import json
import os
import socket
from base64 import b64decode
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Middleware

from minipaas.api import (
    account,
    addons,
    apps,
    attachments,
    builds,
    config,
    drains,
    dynos,
    logs,
    machine,
    metrics,
    nothing,
    oneoffs,
    releases,
    requests,
    shapes,
    slugs,
)
from minipaas.api.address import bound_unix
from minipaas.api.attach import Meetings
from minipaas.api.logs import SESSIONS
from minipaas.api.wire import PLANE, Handler, reply
from minipaas.control.plane import ControlPlane
from minipaas.errors import MinipaasError, NotFound
from minipaas.store.home import write_atomic

TOPICS = (
    account,
    addons,
    apps,
    attachments,
    builds,
    config,
    drains,
    dynos,
    logs,
    machine,
    metrics,
    nothing,
    oneoffs,
    releases,
    requests,
    slugs,
)

#: Paths that carry their own secret.
OPEN_PATHS = ("/minipaas/log-sessions/", "/minipaas/releases/")


@contextlib.asynccontextmanager
async def serving(plane: ControlPlane) -> AsyncIterator[int]:
    """Serve until the block ends; the loopback port, which is written into the home folder too.

    Raises:
        StoreProblem: the home folder cannot be written.
    """
    token = plane.settings.home.token()
    app = web.Application(middlewares=[_guard(token), _errors], client_max_size=16 * 2**20)
    app[PLANE] = plane
    app[SESSIONS] = {}
    app[oneoffs.MEETINGS] = meetings = Meetings(plane)
    for topic in TOPICS:
        app.add_routes(topic.routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handle_signals=False)
    await runner.setup()
    try:
        await meetings.open()
        await web.SockSite(runner, bound_unix(plane.settings.home)).start()
        listener = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listener).start()
        port = int(listener.getsockname()[1])
        known = {"pid": os.getpid(), "control_port": port, "port": plane.port, "started_at": plane.started_at}
        write_atomic(plane.settings.home.platform_file, json.dumps(known) + "\n")
        yield port
    finally:
        meetings.close()
        await runner.cleanup()


def _guard(token: str) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        sock = transport.get_extra_info("socket") if transport else None
        trusted = sock is not None and sock.family == socket.AF_UNIX
        if not trusted and not request.path.startswith(OPEN_PATHS) and not _authorized(request, token):
            return reply({"id": "unauthorized", "message": "Invalid credentials provided."}, status=401)
        return await handler(request)

    return guard


def _authorized(request: web.Request, token: str) -> bool:
    """Bearer, or Basic with the token as password, which Heroku's older clients send."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = b64decode(value, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(value.encode(), token.encode())


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except MinipaasError as problem:
        return reply(shapes.error(problem), status=problem.http_status)
    except web.HTTPNotFound:
        missing = NotFound(f"cannot {request.method} {quote(request.path)}: no such path in this version")
        return reply(shapes.error(missing), status=404)
    except web.HTTPException as error:
        return reply({"id": "bad_request", "message": error.reason}, status=error.status)
