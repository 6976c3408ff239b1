"""/metrics for Prometheus, and one app's figures."""

from aiohttp import web

from minipaas.api import figures
from minipaas.api.wire import plane, reply, running_app

routes = web.RouteTableDef()


@routes.get("/metrics")
async def prometheus(request: web.Request) -> web.Response:
    """All apps."""
    apps = {app.name: (app.traffic, app.dynos.living()) for app in plane(request).apps.values()}
    return web.Response(
        text=figures.as_prometheus(apps), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )


@routes.get("/minipaas/apps/{app}/metrics")
async def show_metrics(request: web.Request) -> web.Response:
    """One app."""
    app = running_app(request)
    return reply(figures.as_json(app.name, app.traffic, app.dynos.living()))
