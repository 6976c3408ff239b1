"""/addons and /addon-services; what is ours about add-ons under /minipaas."""

from aiohttp import web

from minipaas.api import addon_shapes as shapes
from minipaas.api.shapes import Json
from minipaas.api.wire import body, part, plane, reference, reply, running_app, seconds, text
from minipaas.control.attaching import Attaching
from minipaas.errors import NotFound, UsageProblem
from minipaas.model.addon import Addon, Attachment
from minipaas.model.addon_names import parse_addon_name
from minipaas.model.app import AddonWish
from minipaas.model.service import SERVICES, service_named

routes = web.RouteTableDef()


def attaching(request: web.Request) -> Attaching:
    """What may be done to them."""
    return Attaching(plane(request))


def addon(request: web.Request, each: Addon) -> Json:
    """Its shape."""
    failed = plane(request).addons.provider.failed(each)
    return shapes.addon(each, shapes.ids_of(plane(request).apps), failed=failed)


def all_addons(request: web.Request) -> list[Addon]:
    """Every app's."""
    return [each.addon for each in plane(request).addons.provider.registry.records()]


def named(request: web.Request) -> Addon:
    """The add-on of the path, by the names it has in the app of the path where there is one."""
    registry, name = plane(request).addons.provider.registry, request.match_info["addon"]
    if "app" in request.match_info:
        return registry.find(running_app(request).name, name).addon
    return registry.record(name).addon


@routes.get("/addons")
async def listall_addons(request: web.Request) -> web.Response:
    """Every app's."""
    return reply([addon(request, each) for each in all_addons(request)])


@routes.get("/apps/{app}/addons")
async def list_of_app(request: web.Request) -> web.Response:
    """The app's own."""
    owned = plane(request).addons.provider.addons(running_app(request).name)
    return reply([addon(request, each) for each in owned])


@routes.post("/apps/{app}/addons")
async def create(request: web.Request) -> web.Response:
    """`{"plan": "heroku-redis:mini", "attachment": {"name": "CACHE"}, "name": "mine"}`; it runs when this answers."""
    app, wanted = running_app(request), await body(request)
    alias = text(part(wanted, "attachment"), "name")
    name = text(wanted, "name")
    made = await attaching(request).create(
        app, AddonWish(reference(wanted, "plan"), alias), None if name is None else parse_addon_name(name)
    )
    return reply(addon(request, made), status=201)


@routes.get("/addons/{addon}")
@routes.get("/apps/{app}/addons/{addon}")
async def show(request: web.Request) -> web.Response:
    """One, by id or name; in an app also by its attachment."""
    return reply(addon(request, named(request)))


@routes.patch("/addons/{addon}")
@routes.patch("/apps/{app}/addons/{addon}")
async def change(request: web.Request) -> web.Response:
    """`{"plan": "heroku-redis:premium-0"}`: another plan of its service, by name only."""
    each, wanted = named(request), await body(request)
    if set(wanted) != {"plan"}:
        raise UsageProblem("cannot change an add-on so: only its plan can be changed here")
    return reply(addon(request, attaching(request).change_plan(each, reference(wanted, "plan"))))


@routes.delete("/addons/{addon}")
@routes.delete("/apps/{app}/addons/{addon}")
async def destroy(request: web.Request) -> web.Response:
    """End it and delete its data; `{"force": true}` also where other apps use it."""
    each, wanted = named(request), await body(request)
    gone = {**addon(request, each), "state": "deprovisioned"}
    await attaching(request).destroy(each, force=bool(wanted.get("force")))
    return reply(gone)


@routes.get("/addons/{addon}/config")
async def show_config(request: web.Request) -> web.Response:
    """What it sets in its own app."""
    each, provider = named(request), plane(request).addons.provider
    values = [provider.values(each, attachment) for attachment in each.attached_to(each.app)]
    return reply([{"name": name, "value": value} for found in values for name, value in found.items()])


@routes.get("/addon-services")
async def list_services(_request: web.Request) -> web.Response:
    """What can be had."""
    return reply([shapes.service(each) for each in SERVICES])


@routes.get("/addon-services/{service}")
async def show_service(request: web.Request) -> web.Response:
    """One kind."""
    return reply(shapes.service(service_named(request.match_info["service"])))


@routes.get("/addon-services/{service}/plans")
async def list_plans(request: web.Request) -> web.Response:
    """The usual plans; any other name is taken too."""
    each = service_named(request.match_info["service"])
    return reply([shapes.plan(each, name) for name in each.plans])


@routes.get("/minipaas/apps/{app}/addons/{addon}/facts")
async def facts(request: web.Request) -> web.Response:
    """What its server says of itself, and the config vars of the attachment that was named."""
    each, app = named(request), running_app(request).name
    provider = plane(request).addons.provider
    told = {} if provider.failed(each) else await provider.server(app, each.name).facts()
    meant = next(
        (one for one in each.attached_to(app) if means(each, one, request.match_info["addon"])),
        each.attached_to(app)[0],
    )
    values = dict(zip(each.kind.keys, provider.values(each, meant).values(), strict=True))
    return reply({"addon": addon(request, each), "attachment": meant.name, "values": values, "facts": dict(told)})


@routes.post("/minipaas/apps/{app}/addons/{addon}/actions/{action}")
async def act(request: web.Request) -> web.Response:
    """`fail`, `recover`, `reset`, `promote`; what fails with `{"for_s": 10}` recovers by itself."""
    each, app, provider = named(request), running_app(request), plane(request).addons.provider
    match request.match_info["action"]:
        case "fail":
            attaching(request).fail(app, each, seconds(await body(request), "for_s"))
        case "recover":
            await provider.recover(app.name, each.name)
        case "reset":
            await provider.server(app.name, each.name).reset()
        case "promote":
            await attaching(request).promote(each, app)
        case other:
            raise NotFound(f"cannot {other} an add-on", "actions: fail, recover, reset, promote")
    return reply(addon(request, provider.registry.record(each.name).addon))


def means(each: Addon, attachment: Attachment, name: str) -> bool:
    """Whether a name that was typed is the attachment's, or that of its add-on."""
    known = (each.name, each.id, attachment.name, *attachment.config_vars)
    return name in known or name.upper() in known
