"""What Heroku knows of an account beside its name, and a platform of one user has nothing of."""

from aiohttp import web

from minipaas.api import shapes
from minipaas.api.wire import plane, reply, running_app

routes = web.RouteTableDef()

#: As many calls an hour as Heroku allows; nobody counts them here.
CALLS_AN_HOUR = 4500


@routes.get("/account/rate-limits")
async def rate_limits(_request: web.Request) -> web.Response:
    """By this heroku3 finds out whether its key is good."""
    return reply({"remaining": CALLS_AN_HOUR})


@routes.get("/account/keys")
async def keys(_request: web.Request) -> web.Response:
    """Nobody needs one: what is pushed to is a path."""
    return reply([])


@routes.get("/apps/{app}/collaborators")
async def collaborators(request: web.Request) -> web.Response:
    """The user the platform runs as."""
    app, user = running_app(request), plane(request).user
    since = shapes.iso(app.record.created_at)
    return reply(
        [
            {
                "app": shapes.app_ref(app.record),
                "created_at": since,
                "id": shapes.stable_id("collaborator", app.record.id, user),
                "permissions": [],
                "role": "owner",
                "updated_at": since,
                "user": {"email": user, "federated": False, "id": shapes.stable_id("account", user)},
            }
        ]
    )
