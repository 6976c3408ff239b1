"""/apps/{app}/releases: look, roll back, run a slug; what a release command printed."""

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.ranges import page
from minipaas.api.shapes import Json
from minipaas.api.wire import body, plane, reply, running_app, streamed, text
from minipaas.control.app import RunningApp
from minipaas.control.releases import Releases
from minipaas.errors import NotFound, UsageProblem
from minipaas.model.release import Release
from minipaas.model.rollback import find_release

routes = web.RouteTableDef()


@routes.get("/apps/{app}/releases")
async def list_releases(request: web.Request) -> web.Response:
    """All releases, oldest first, or as the `Range` header says."""
    app = running_app(request)
    releases = [_release(request, app, each) for each in app.record.releases]
    wanted = page(releases, request.headers.get("Range"), "version")
    answer = reply(wanted.items, wanted.status)
    answer.headers.update(wanted.headers)
    return answer


@routes.get("/apps/{app}/releases/{release}")
async def show_release(request: web.Request) -> web.Response:
    """One release by number or id."""
    app = running_app(request)
    return reply(_release(request, app, find_release(app.record, request.match_info["release"])))


@routes.get("/apps/{app}/releases/{release}/config-vars")
async def show_config(request: web.Request) -> web.Response:
    """The config vars of one release."""
    return reply(dict(find_release(running_app(request).record, request.match_info["release"]).config))


@routes.post("/apps/{app}/releases")
async def make_release(request: web.Request) -> web.Response:
    """Roll back, `{"release": "ID or version"}`, or run a slug, `{"slug": "ID", "description": "..."}`."""
    app, wanted = running_app(request), await body(request)
    releases = Releases(plane(request))
    target, slug = wanted.get("release"), text(wanted, "slug")
    if target is not None and not isinstance(target, str | int):
        raise UsageProblem("release must be the id or the number of a release")
    if target is not None:
        made = await releases.roll_back(app, str(target))
    elif slug:
        made = await releases.run_slug(app, slug, text(wanted, "description"))
    else:
        raise UsageProblem("cannot make a release: neither a release to roll back to nor a slug is given")
    return reply(_release(request, app, made), status=201)


@routes.get("/minipaas/releases/{release}/output")
async def output(request: web.Request) -> web.StreamResponse:
    """What the release command printed, from its beginning until it ends; the id is the secret, as Heroku's is."""
    release_id = request.match_info["release"]
    for app in plane(request).apps.values():
        for each in app.record.releases:
            if each.id == release_id:
                return await _stream(request, app, each)
    raise NotFound(f"there is no release {release_id}")


async def _stream(request: web.Request, app: RunningApp, release: Release) -> web.StreamResponse:
    stream = app.phase.stream(release)
    if stream is None:
        hint = f"`minipaas logs -a {app.name} -p release` shows what is left in the log"
        raise NotFound(f"v{release.version} of {app.name} ran no release command, or its output is not kept", hint)
    response = await streamed(request)
    async for piece in stream.read():
        await response.write(piece)
    return response


def _release(request: web.Request, app: RunningApp, each: Release) -> Json:
    url = f"http://{request.host}/minipaas/releases/{each.id}/output" if app.phase.stream(each) else None
    return shapes.release(app.record, each, plane(request).user, url)
