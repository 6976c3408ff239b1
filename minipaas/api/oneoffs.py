"""POST /apps/{app}/dynos: a one-off dyno, attached or not."""

import socket
from typing import Any

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.attach import Meetings
from minipaas.api.wire import body, reply, running_app, text
from minipaas.control.oneoffs import ONE_OFF_TYPE, Wish, make_one_off
from minipaas.errors import UsageProblem
from minipaas.model.dyno import DynoName, Size
from minipaas.parse.dyno_size import KNOWN, find_size
from minipaas.runtime.base import Terminal

routes = web.RouteTableDef()

MEETINGS = web.AppKey("meetings", Meetings)
_LARGEST_TERMINAL = 65535


@routes.post("/apps/{app}/dynos")
async def create_dyno(request: web.Request) -> web.Response:
    """`{"command": "bash", "attach": true, "env": {}, "size": "…", "type": "run", "time_to_live": 1800}`.

    With `attach`, `attach_url` is where the client goes. There is a terminal unless `force_no_tty` is true, of the
    size that `env` names as `LINES` and `COLUMNS`.
    """
    app, wanted = running_app(request), await body(request)
    one_off = make_one_off(app, _wish(wanted))
    attach_url = None
    if one_off.errand.attach:
        try:
            attach_url = await request.app[MEETINGS].url(one_off, by_tls=not _is_local(request))
        except BaseException:
            one_off.stop()
            raise
    return reply(shapes.one_off(app.record, one_off, attach_url), status=201)


def _wish(wanted: dict[str, Any]) -> Wish:
    command = text(wanted, "command")
    if not command or not command.strip():
        raise UsageProblem("command must say what to run")
    env = _env(wanted.get("env"))
    attach = bool(wanted.get("attach"))
    return Wish(
        command=command.strip(),
        type=_type(text(wanted, "type")),
        size=_size(text(wanted, "size")),
        env=env,
        attach=attach,
        terminal=_terminal(env) if attach and not wanted.get("force_no_tty") else None,
        limit_s=_seconds(wanted.get("time_to_live")),
    )


def _type(given: str | None) -> str:
    type_ = given or ONE_OFF_TYPE
    if DynoName.parse(f"{type_}.1") is None:
        raise UsageProblem(f"{type_} is no process type: letters, digits, - and _")
    return type_


def _size(given: str | None) -> Size | None:
    if not given:
        return None
    size = find_size(given)
    if size is None:
        raise UsageProblem(f"there is no dyno size {given}", f"sizes: {', '.join(KNOWN)}")
    return size


def _env(given: Any) -> dict[str, str]:
    """Heroku's client sends numbers too, and null for what it does not know."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise UsageProblem("env must be an object of names and values")
    for name, value in given.items():
        if not name or "=" in name or "\0" in f"{name}{value}":
            raise UsageProblem(f"env has a variable that no process can have: {name}")
    return {name: str(value) for name, value in given.items() if value is not None}


def _terminal(env: dict[str, str]) -> Terminal:
    """LINES and COLUMNS are for this alone: a program that found them would miss every later size."""
    rows, columns = (_number(env.pop(name, None)) for name in ("LINES", "COLUMNS"))
    plain = Terminal()
    return Terminal(rows or plain.rows, columns or plain.columns)


def _number(text_: str | None) -> int | None:
    return int(text_) if text_ and text_.isdecimal() and 0 < int(text_) <= _LARGEST_TERMINAL else None


def _seconds(given: Any) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 86400:
        raise UsageProblem("time_to_live must be seconds, a day at most")
    return float(given)


def _is_local(request: web.Request) -> bool:
    """On the Unix socket, where our own command asks."""
    transport = request.transport
    sock = transport.get_extra_info("socket") if transport else None
    return sock is not None and sock.family == socket.AF_UNIX
