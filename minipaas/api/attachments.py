"""/addon-attachments, and /actions/…/resolve, by which Heroku's clients find what a name means."""

from aiohttp import web

from minipaas.api import addon_shapes as shapes
from minipaas.api.addons import addon, all_addons, attaching, means, named
from minipaas.api.shapes import Json
from minipaas.api.wire import body, plane, reference, reply, running_app, text
from minipaas.errors import NotFound, UsageProblem
from minipaas.model.addon import Addon, Attachment
from minipaas.model.service import service_named

routes = web.RouteTableDef()


def _attachment(request: web.Request, owner: Addon, each: Attachment) -> Json:
    return shapes.attachment(owner, each, shapes.ids_of(plane(request).apps))


@routes.get("/addons/{addon}/addon-attachments")
async def attachments_ofaddon(request: web.Request) -> web.Response:
    """Its places in all apps."""
    each = named(request)
    return reply([_attachment(request, each, attachment) for attachment in each.attachments])


@routes.get("/addon-attachments")
async def attachments(request: web.Request) -> web.Response:
    """Every add-on's."""
    return reply(
        [_attachment(request, each, attachment) for each in all_addons(request) for attachment in each.attachments]
    )


@routes.get("/apps/{app}/addon-attachments")
async def attachments_of_app(request: web.Request) -> web.Response:
    """The app's, also to other apps' add-ons."""
    app = running_app(request).name
    used = plane(request).addons.provider.registry.used_addons(app)
    return reply([_attachment(request, each, attachment) for each in used for attachment in each.attached_to(app)])


@routes.get("/addon-attachments/{attachment}")
@routes.get("/apps/{app}/addon-attachments/{attachment}")
async def show_attachment(request: web.Request) -> web.Response:
    """One by its id, or by its name in an app."""
    return reply(_attachment(request, *_attached(request)))


@routes.post("/addon-attachments")
async def attach(request: web.Request) -> web.Response:
    """`{"addon": "redis-curved-12345", "app": "blog", "name": "CACHE"}`."""
    wanted = await body(request)
    platform = plane(request)
    app = platform.find(reference(wanted, "app"))
    addon = platform.addons.provider.registry.record(reference(wanted, "addon")).addon
    if wanted.get("namespace") is not None:
        raise UsageProblem("cannot attach by a credential: add-ons here have one")
    made = await attaching(request).attach(addon, app, text(wanted, "name"))
    return reply(_attachment(request, addon, made), status=201)


@routes.delete("/addon-attachments/{attachment}")
@routes.delete("/apps/{app}/addon-attachments/{attachment}")
async def detach(request: web.Request) -> web.Response:
    """The add-on stays, with its other attachments."""
    addon, each = _attached(request)
    gone = _attachment(request, addon, each)
    await attaching(request).detach(addon, each)
    return reply(gone)


@routes.post("/actions/addons/resolve")
async def resolve(request: web.Request) -> web.Response:
    """`{"addon": "DATABASE", "app": "notes", "addon_service": null}`: the add-ons that may be meant."""
    wanted = await body(request)
    name, app, kind = reference(wanted, "addon"), _app(request, wanted), text(wanted, "addon_service")
    found = [each for each in all_addons(request) if _means(each, name, app) and _of_kind(each, kind)]
    if not found:
        raise NotFound("Couldn't find that add-on.")
    return reply([addon(request, each) for each in found])


@routes.post("/actions/addon-attachments/resolve")
async def resolve_attachment(request: web.Request) -> web.Response:
    """`{"addon_attachment": "DATABASE", "app": "notes"}`: the attachments that may be meant."""
    wanted = await body(request)
    name, app, kind = reference(wanted, "addon_attachment"), _app(request, wanted), text(wanted, "addon_service")
    found = [
        (each, attachment)
        for each in all_addons(request)
        for attachment in each.attachments
        if _of_kind(each, kind)
        and (name == attachment.id or ((app is None or attachment.app == app) and means(each, attachment, name)))
    ]
    if not found:
        raise NotFound("Couldn't find that add on attachment.")
    return reply([_attachment(request, *each) for each in found])


def _attached(request: web.Request) -> tuple[Addon, Attachment]:
    app = running_app(request).name if "app" in request.match_info else None
    return attaching(request).attachment(request.match_info["attachment"], app)


def _app(request: web.Request, wanted: Json) -> str | None:
    name = wanted.get("app")
    return None if name is None else plane(request).find(reference(wanted, "app")).name


def _means(each: Addon, name: str, app: str | None) -> bool:
    if app is None:
        return name in (each.name, each.id)
    if each.app == app and name in (each.service, each.plan_name):
        return True
    return name in (each.name, each.id) or {name, name.upper(), f"{name.upper()}_URL"} & set(each.names(app)) != set()


def _of_kind(each: Addon, kind: str | None) -> bool:
    return kind is None or service_named(kind).name == each.service
