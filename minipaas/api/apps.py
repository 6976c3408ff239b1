"""/account, /apps, /apps/{app} and its formation."""

import asyncio
import re

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.shapes import Json
from minipaas.api.wire import body, flag, plane, reply, running_app, text
from minipaas.control.app import RunningApp
from minipaas.control.appbook import AppBook
from minipaas.control.plane import ControlPlane
from minipaas.errors import NotFound, UsageProblem
from minipaas.parse.app_name import MADE_UP, made_up_name
from minipaas.parse.dyno_size import KNOWN, find_size
from minipaas.parse.scale import ScaleChange

routes = web.RouteTableDef()


def _app(request: web.Request, app: RunningApp) -> Json:
    platform = plane(request)
    git_url = str(platform.repositories.path(app.name))
    return shapes.app(app, platform.web_url(app), platform.own_url(app), git_url, platform.user)


@routes.get("/account")
async def account(request: web.Request) -> web.Response:
    """Who is logged in: the user this platform runs as."""
    user = plane(request).user
    return reply({"id": shapes.stable_id("account", user), "email": user, "name": user.split("@", 1)[0]})


@routes.get("/users/{user}/apps")
@routes.get("/apps")
async def list_apps(request: web.Request) -> web.Response:
    """All apps that run."""
    return reply([_app(request, app) for app in plane(request).apps.values()])


@routes.post("/apps")
async def create_app(request: web.Request) -> web.Response:
    """A new app with a repository to push to: `{"name": "shop"}`; a name is made up where none is given."""
    platform, wanted = plane(request), await body(request)
    name = text(wanted, "name") or _free_name(platform)
    return reply(_app(request, await AppBook(platform).create(name)), status=201)


def _free_name(platform: ControlPlane) -> str:
    while platform.store.find(name := made_up_name(platform.rng.randrange(MADE_UP))) is not None:
        pass
    return name


@routes.delete("/apps/{app}")
async def destroy_app(request: web.Request) -> web.Response:
    """End an app: dynos, add-ons with their data, releases, logs, repository."""
    platform, app = plane(request), running_app(request)
    shape = _app(request, app)
    await AppBook(platform).destroy(app)
    return reply(shape)


@routes.post("/minipaas/apps/{app}/repository")
async def make_repository(request: web.Request) -> web.Response:
    """Let code be pushed to an app that was deployed from a folder."""
    app = running_app(request)
    await asyncio.to_thread(plane(request).repositories.make, app.name)
    return reply(_app(request, app))


@routes.get("/apps/{app}")
async def show_app(request: web.Request) -> web.Response:
    """One app."""
    return reply(_app(request, running_app(request)))


@routes.patch("/apps/{app}")
async def change_app(request: web.Request) -> web.Response:
    """Maintenance on or off."""
    app, wanted = running_app(request), await body(request)
    unknown = set(wanted) - {"maintenance"}
    if unknown:
        raise UsageProblem(f"cannot change {', '.join(sorted(unknown))} of an app: not part of this version")
    app.set_maintenance(flag(wanted, "maintenance"))
    return reply(_app(request, app))


@routes.get("/apps/{app}/formation")
async def list_formation(request: web.Request) -> web.Response:
    """Every process type with its quantity and size."""
    return reply(_formation(running_app(request)))


@routes.patch("/apps/{app}/formation")
async def change_formation(request: web.Request) -> web.Response:
    """Scale: `{"updates": [{"type": "web", "quantity": 2, "size": "Standard-1X"}]}`."""
    app, wanted = running_app(request), await body(request)
    updates = wanted.get("updates")
    if not isinstance(updates, list) or not all(isinstance(each, dict) for each in updates):
        raise UsageProblem("`updates` must be a list of objects with type, quantity, size")
    app.scale([_change(each) for each in updates])
    return reply(_formation(app))


@routes.get("/apps/{app}/formation/{type}")
async def show_type(request: web.Request) -> web.Response:
    """One process type."""
    return reply(_one_type(running_app(request), request.match_info["type"]))


@routes.patch("/apps/{app}/formation/{type}")
async def change_type(request: web.Request) -> web.Response:
    """Scale one process type: `{"quantity": 2, "size": "standard-2x"}`."""
    app, wanted = running_app(request), await body(request)
    type_ = _one_type(app, request.match_info["type"])["type"]
    app.scale([_change({**wanted, "type": type_})])
    return reply(_one_type(app, type_))


def _one_type(app: RunningApp, type_: str) -> Json:
    for each in _formation(app):
        if type_ in (each["type"], each["id"]):
            return each
    raise NotFound(f"there is no process type {type_} on {app.name}")


def _formation(app: RunningApp) -> list[Json]:
    commands = app.slug.process_types if app.slug else {}
    return [shapes.formation(app.record, type_, entry, commands) for type_, entry in app.record.formation.items()]


def _change(update: Json) -> ScaleChange:
    quantity, size = str(update.get("quantity", "")), update.get("size") or update.get("dyno_size")
    # Heroku's client sends text, with a sign where it counts from what runs.
    if quantity and not re.fullmatch(r"[+-]?[0-9]{1,6}", quantity):
        raise UsageProblem("quantity must be a whole number, 0 or more")
    found = find_size(_size_name(size)) if size is not None else None
    if size is not None and found is None:
        raise UsageProblem(f"there is no dyno size {_size_name(size)}", f"sizes: {', '.join(KNOWN)}")
    count = {"delta" if quantity[0] in "+-" else "quantity": int(quantity)} if quantity else {}
    return ScaleChange(str(update.get("type", "")), size=found, **count)


def _size_name(given: object) -> str:
    """A name, or an object that has one: Heroku's clients send either."""
    return str(given.get("name") or given.get("id")) if isinstance(given, dict) else str(given)
