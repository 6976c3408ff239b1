"""/apps/{app}/slugs/{slug}: what a release runs, and the commit it was made of."""

from aiohttp import web

from minipaas.api.shapes import iso, stable_id
from minipaas.api.wire import plane, reply, running_app
from minipaas.errors import NotFound

routes = web.RouteTableDef()


@routes.get("/apps/{app}/slugs/{slug}")
async def show_slug(request: web.Request) -> web.Response:
    """One slug of the app; its files are not to be fetched: `blob` is where they are."""
    app, slug_id = running_app(request), request.match_info["slug"]
    if all(each.slug_id != slug_id for each in app.record.releases):
        raise NotFound(f"there is no slug {slug_id[:8]} of {app.name}")
    slug = plane(request).slugs.get(slug_id)
    made = next((each for each in reversed(app.record.builds) if each.slug_id == slug_id), None)
    when = iso(made.created_at if made else app.record.created_at)
    return reply(
        {
            "blob": {"method": "GET", "url": slug.root.as_uri()},
            "buildpack_provided_description": slug.buildpack,
            "checksum": f"SHA256:{slug_id}",
            "commit": made.commit if made else None,
            "commit_description": None,
            "created_at": when,
            "id": slug_id,
            "process_types": dict(slug.process_types),
            "size": slug.size_bytes,
            "stack": {"id": stable_id("stack", "host"), "name": "host"},
            "updated_at": when,
        }
    )
