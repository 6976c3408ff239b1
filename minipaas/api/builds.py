"""/apps/{app}/builds: look, begin one, follow its output."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.shapes import Json
from minipaas.api.wire import body, part, plane, reply, running_app, streamed, text
from minipaas.control.app import RunningApp
from minipaas.control.settings import AppSpec
from minipaas.errors import NotFound, UsageProblem

routes = web.RouteTableDef()


@routes.get("/apps/{app}/builds")
async def list_builds(request: web.Request) -> web.Response:
    """All builds that are remembered, oldest first."""
    app = running_app(request)
    return reply([_build(request, app, each.id) for each in app.record.builds])


@routes.get("/apps/{app}/builds/{build}")
async def show_build(request: web.Request) -> web.Response:
    """One build."""
    return reply(_build(request, running_app(request), request.match_info["build"]))


@routes.post("/apps/{app}/builds")
async def begin_build(request: web.Request) -> web.Response:
    """Build a folder of this machine: `{"source_blob": {"url": "file:///path"}, "buildpacks": [{"url": "x"}]}`.

    With `source_blob.version` the folder is the export of that commit.
    """
    wanted = await body(request)
    app = running_app(request)
    source = part(wanted, "source_blob")
    url = source.get("url") or (app.record.source and Path(app.record.source).as_uri())
    buildpacks = tuple(str(each["url"]) for each in wanted.get("buildpacks") or ())
    commit = text(source, "version") or ""
    spec = AppSpec(name=app.name, folder=_folder(url), buildpacks=buildpacks, commit=commit)
    build_id = plane(request).begin_build(spec)
    return reply({"id": build_id, "status": "pending", "output_stream_url": _output_path(build_id)}, status=201)


@routes.get("/minipaas/builds/{build}/output")
async def output(request: web.Request) -> web.StreamResponse:
    """The build's output from its beginning, until it ends."""
    build_id = request.match_info["build"]
    stream = plane(request).builds.find(build_id)
    if stream is None:
        if any(each.id == build_id for app in plane(request).apps.values() for each in app.record.builds):
            raise NotFound("the output of that build is not kept any more")
        raise NotFound(f"there is no build {build_id}", "`minipaas builds` lists them")
    response = await streamed(request)
    async for piece in stream.read():
        await response.write(piece)
    return response


def _output_path(build_id: str) -> str:
    return f"/minipaas/builds/{build_id}/output"


def _build(request: web.Request, app: RunningApp, build_id: str) -> Json:
    stream = plane(request).builds.find(build_id)
    problem = stream.error if stream else None
    for each in app.record.builds:
        if each.id == build_id:
            return shapes.build(app.record, each, plane(request).user, problem)
    if problem is not None:
        raise problem
    raise NotFound(f"there is no build {build_id} of {app.name}")


def _folder(url: str | None) -> Path:
    parts = urlsplit(url or "")
    folder = Path(unquote(parts.path))
    if parts.scheme != "file" or not folder.is_dir():
        raise UsageProblem(f"cannot build {url}: it must be the file:// URL of a folder on this machine")
    return folder
