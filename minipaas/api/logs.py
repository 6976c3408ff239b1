"""Log sessions: asked for once, then read as a stream under a URL that cannot be guessed, as Heroku does."""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from minipaas.api.wire import PLANE, body, plane, reply, running_app, streamed
from minipaas.errors import NotFound, UsageProblem
from minipaas.limits import LOG_DEFAULT_LINES, LOG_HISTORY_LINES
from minipaas.logplex.channel import Channel
from minipaas.logplex.tail import TailSession
from minipaas.logplex.together import together
from minipaas.model.logline import LogChunk, LogFilter, Source, render

routes = web.RouteTableDef()

#: Sessions asked for and not read yet; the oldest goes first.
SESSIONS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Session:
    """What a reader asked for. `named`: each line begins with the name of its app and a space."""

    apps: tuple[str, ...]
    named: bool
    wanted: LogFilter
    lines: int
    tail: bool


EVENTS = "text/event-stream"
SESSIONS = web.AppKey("sessions", dict[str, Session])


@routes.post("/apps/{app}/log-sessions")
async def open_session(request: web.Request) -> web.Response:
    """`{"lines": 100, "tail": true, "source": "app", "dyno": "web.1", "type": "web"}`, all optional."""
    app, wanted = running_app(request), await body(request)
    return _opened(request, (app.name,), wanted, named=False)


@routes.post("/minipaas/log-sessions")
async def open_common_session(request: web.Request) -> web.Response:
    """The same for several apps, in one order: `{"apps": ["shop", "catalog"], ...}`."""
    wanted = await body(request)
    apps = wanted.get("apps")
    if not isinstance(apps, list) or not apps:
        raise UsageProblem("apps must be a list of names")
    return _opened(request, [plane(request).find(str(app)).name for app in apps], wanted, named=True)


def _opened(request: web.Request, apps: Sequence[str], wanted: dict[str, Any], *, named: bool) -> web.Response:
    source = wanted.get("source")
    if source not in (None, "app", "heroku"):
        raise UsageProblem(f"there is no log source {source}", "sources: app, heroku")
    log_filter = LogFilter(
        source=Source(source) if source else None, process=wanted.get("dyno"), process_type=wanted.get("type")
    )
    lines = min(int(wanted.get("lines") or LOG_DEFAULT_LINES), LOG_HISTORY_LINES)
    sessions = request.app[SESSIONS]
    while len(sessions) >= SESSIONS_KEPT:
        del sessions[next(iter(sessions))]
    session_id = secrets.token_urlsafe(18)
    sessions[session_id] = Session(tuple(apps), named, log_filter, lines, bool(wanted.get("tail")))
    path = f"/minipaas/log-sessions/{session_id}"
    return reply({"id": session_id, "logplex_url": f"http://{request.host}{path}"}, status=201)


@routes.get("/minipaas/log-sessions/{session}")
async def read_session(request: web.Request) -> web.StreamResponse:
    """The lines, and with `tail` those to come until the reader leaves or the platform stops.

    As server-sent events where these are asked for, as Heroku's client does: one event a line.
    """
    session = request.app[SESSIONS].pop(request.match_info["session"], None)
    if session is None:
        raise NotFound("there is no such log session, or it was read already")
    events = EVENTS in request.headers.get("Accept", "")
    response = await streamed(request, _Events(headers={"Content-Type": EVENTS}) if events else None)
    with contextlib.suppress(ConnectionError):
        await (_several(request, session, response) if session.named else _one(request, session, response))
    return response


async def _one(request: web.Request, session: Session, response: web.StreamResponse) -> None:
    tail = _channel(request, session.apps[0]).tail(session.wanted, session.lines, follow=session.tail)
    try:
        async for chunk in tail:
            await response.write(render(chunk))
    finally:
        tail.close()


async def _several(request: web.Request, session: Session, response: web.StreamResponse) -> None:
    """The past in the order of time, then what comes as it comes."""
    channels = {app: _channel(request, app) for app in session.apps}
    past = {app: channel.last(session.lines, session.wanted) for app, channel in channels.items()}
    tails = {app: each.tail(session.wanted, 0, follow=True) for app, each in channels.items() if session.tail}
    try:
        for app, chunk in together(past, session.lines):
            await response.write(_named(app, chunk))
        async with asyncio.TaskGroup() as group:
            for app, tail in tails.items():
                group.create_task(_follow(app, tail, response))
    except* ConnectionError:
        pass
    finally:
        for tail in tails.values():
            tail.close()


async def _follow(app: str, tail: TailSession, response: web.StreamResponse) -> None:
    async for chunk in tail:
        await response.write(_named(app, chunk))


def _named(app: str, chunk: LogChunk) -> bytes:
    head = app.encode() + b" "
    return head + render(chunk)[:-1].replace(b"\n", b"\n" + head) + b"\n"


def _channel(request: web.Request, app: str) -> Channel:
    return request.app[PLANE].logplex.channel(app)


class _Events(web.StreamResponse):
    """Each line as one event."""

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """A carriage return would end a line of the event stream, and is no part of a line in a terminal."""
        lines = bytes(data).replace(b"\r", b"").rstrip(b"\n").split(b"\n")
        await super().write(b"".join(b"data: " + line + b"\n\n" for line in lines))
