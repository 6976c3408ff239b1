"""/apps/{app}/dynos: look, restart, stop; and relocate, which Heroku has no path for."""

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.shapes import Json
from minipaas.api.wire import body, reply, running_app
from minipaas.control.app import RunningApp
from minipaas.errors import NotFound
from minipaas.formation.selector import Selector
from minipaas.model.dyno import DynoName

routes = web.RouteTableDef()


@routes.get("/apps/{app}/dynos")
async def list_dynos(request: web.Request) -> web.Response:
    """All dynos in order."""
    app = running_app(request)
    return reply([_dyno(app, name) for name in sorted((*app.dynos.slots, *app.dynos.aside))])


@routes.get("/apps/{app}/dynos/{dyno}")
async def show_dyno(request: web.Request) -> web.Response:
    """One dyno."""
    app, wanted = running_app(request), request.match_info["dyno"]
    name = DynoName.parse(wanted)
    if name is None or (name not in app.dynos.slots and name not in app.dynos.aside):
        raise NotFound(f"there is no dyno {wanted} on {app.name}")
    return reply(_dyno(app, name))


@routes.delete("/apps/{app}/dynos")
async def restart_all(request: web.Request) -> web.Response:
    """Restart all dynos."""
    return _done(running_app(request).dynos.restart(Selector()))


@routes.delete("/apps/{app}/dynos/{dyno}")
async def restart_dyno(request: web.Request) -> web.Response:
    """Restart one dyno, or all of a process type; a one-off dyno ends."""
    return _done(running_app(request).dynos.restart(Selector.parse(request.match_info["dyno"])))


@routes.delete("/apps/{app}/formations/{type}")
async def restart_type(request: web.Request) -> web.Response:
    """Restart all dynos of a process type."""
    return _done(running_app(request).dynos.restart(Selector(process_type=request.match_info["type"])))


@routes.post("/apps/{app}/dynos/{dyno}/actions/stop")
async def stop_dyno(request: web.Request) -> web.Response:
    """Stop a dyno; the formation brings it back, a one-off dyno is gone."""
    return _done(running_app(request).dynos.stop(Selector.parse(request.match_info["dyno"])))


@routes.post("/apps/{app}/formations/{type}/actions/stop")
async def stop_type(request: web.Request) -> web.Response:
    """Stop all dynos of a process type; the formation brings them back."""
    return _done(running_app(request).dynos.stop(Selector(process_type=request.match_info["type"])))


@routes.post("/minipaas/apps/{app}/dynos/{dyno}/actions/relocate")
async def relocate(request: web.Request) -> web.Response:
    """Move a dyno, or all of a process type, to another host; `{"host": "b"}` names it."""
    app, wanted = running_app(request), await body(request)
    return _done(app.dynos.relocate(Selector.parse(request.match_info["dyno"]), wanted.get("host")))


@routes.post("/minipaas/apps/{app}/dynos/{dyno}/actions/kill")
async def kill(request: web.Request) -> web.Response:
    """SIGKILL to the processes of a dyno, or of all of a type, which is a crash like any other."""
    return _done(running_app(request).dynos.crash(Selector.parse(request.match_info["dyno"])))


@routes.post("/minipaas/apps/{app}/dynos/actions/relocate")
async def relocate_all(request: web.Request) -> web.Response:
    """Move all dynos to other hosts."""
    app, wanted = running_app(request), await body(request)
    return _done(app.dynos.relocate(Selector(), wanted.get("host")))


def _done(names: list[DynoName]) -> web.Response:
    return reply({"dynos": [str(name) for name in names]}, status=202)


def _dyno(app: RunningApp, name: DynoName) -> Json:
    if name in app.dynos.aside:
        return shapes.one_off(app.record, app.dynos.aside[name])
    slot = app.dynos.slots[name]
    command = app.slug.process_types.get(slot.name.type, "") if app.slug else ""
    return shapes.dyno(app.record, slot, command)
