"""Log sessions: asked for once, then read as a stream under a URL that cannot be guessed, as Heroku does."""

import secrets
from dataclasses import dataclass

from aiohttp import web

from minipaas.api.wire import PLANE, body, reply, running_app, streamed
from minipaas.errors import NotFound, UsageProblem
from minipaas.limits import LOG_DEFAULT_LINES, LOG_HISTORY_LINES
from minipaas.model.logline import LogFilter, Source, render

routes = web.RouteTableDef()

#: Sessions asked for and not read yet; the oldest goes first.
SESSIONS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Session:
    """What a reader asked for."""

    app: str
    wanted: LogFilter
    lines: int
    tail: bool


SESSIONS = web.AppKey("sessions", dict[str, Session])


@routes.post("/apps/{app}/log-sessions")
async def open_session(request: web.Request) -> web.Response:
    """`{"lines": 100, "tail": true, "source": "app", "dyno": "web.1", "type": "web"}`, all optional."""
    app, wanted = running_app(request), await body(request)
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
    sessions[session_id] = Session(app.name, log_filter, lines, bool(wanted.get("tail")))
    path = f"/minipaas/log-sessions/{session_id}"
    return reply({"id": session_id, "logplex_url": f"http://{request.host}{path}"}, status=201)


@routes.get("/minipaas/log-sessions/{session}")
async def read_session(request: web.Request) -> web.StreamResponse:
    """The lines, and with `tail` those to come until the reader leaves or the platform stops."""
    session = request.app[SESSIONS].pop(request.match_info["session"], None)
    if session is None:
        raise NotFound("there is no such log session, or it was read already")
    channel = request.app[PLANE].logplex.channel(session.app)
    response = await streamed(request)
    tail = channel.tail(session.wanted, session.lines, follow=session.tail)
    try:
        async for chunk in tail:
            await response.write(render(chunk))
    except ConnectionError:
        pass
    finally:
        tail.close()
    return response
