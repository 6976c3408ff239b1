"""/apps/{app}/config-vars and /apps/{app}/features."""

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.wire import body, flag, plane, reply, running_app
from minipaas.control.releases import Releases, set_feature
from minipaas.model.feature import FEATURES, feature_named

routes = web.RouteTableDef()


@routes.get("/apps/{app}/config-vars")
async def show_config(request: web.Request) -> web.Response:
    """The config vars in force."""
    return reply(dict(running_app(request).record.config))


@routes.patch("/apps/{app}/config-vars")
async def change_config(request: web.Request) -> web.Response:
    """`{"A": "1", "B": null}` sets A and unsets B; one release, and the dynos restart."""
    release = await Releases(plane(request)).set_config(running_app(request), await body(request))
    return reply(dict(release.config) if release else {})


@routes.get("/apps/{app}/features")
async def list_features(request: web.Request) -> web.Response:
    """Every feature, on or off."""
    record = running_app(request).record
    return reply([shapes.feature(record, each) for each in FEATURES])


@routes.get("/apps/{app}/features/{feature}")
async def show_feature(request: web.Request) -> web.Response:
    """One."""
    record = running_app(request).record
    return reply(shapes.feature(record, feature_named(request.match_info["feature"])))


@routes.patch("/apps/{app}/features/{feature}")
async def change_feature(request: web.Request) -> web.Response:
    """`{"enabled": true}`."""
    app, wanted = running_app(request), await body(request)
    feature = feature_named(request.match_info["feature"])
    set_feature(app, feature, enabled=flag(wanted, "enabled"))
    return reply(shapes.feature(app.record, feature))
