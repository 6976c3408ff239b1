"""Lists that Heroku's clients ask for and that a platform of one machine has little or nothing of."""

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.wire import plane, reply, running_app

routes = web.RouteTableDef()


@routes.get("/account/features")
@routes.get("/users/{user}/features")
@routes.get("/pipelines")
@routes.get("/teams")
@routes.get("/spaces")
async def none(request: web.Request) -> web.Response:
    """There are no labs, pipelines, teams or spaces here."""
    del request
    return reply([])


@routes.get("/apps/{app}/domains")
async def domains(request: web.Request) -> web.Response:
    """The one name the router knows an app by."""
    app = running_app(request)
    since = shapes.iso(app.record.created_at)
    return reply(
        [
            {
                "acm_status": None,
                "acm_status_reason": None,
                "app": shapes.app_ref(app.record),
                "cname": None,
                "created_at": since,
                "hostname": plane(request).web_url(app).removeprefix("http://").rstrip("/"),
                "id": shapes.stable_id("domain", app.record.id),
                "kind": "heroku",
                "sni_endpoint": None,
                "status": "none",
                "updated_at": since,
            }
        ]
    )


@routes.get("/apps/{app}/buildpack-installations")
async def buildpacks(request: web.Request) -> web.Response:
    """None are set by hand here: app.json or detection decide at each build."""
    running_app(request)
    return reply([])
