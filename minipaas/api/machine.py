"""/minipaas/...: what Heroku has no words for: the platform itself and its hosts."""

import os

from aiohttp import web

from minipaas import __version__
from minipaas.api import shapes
from minipaas.api.wire import body, plane, reply, seconds
from minipaas.control import hosts

routes = web.RouteTableDef()


@routes.get("/minipaas/platform")
async def show_platform(request: web.Request) -> web.Response:
    """Version, pid, runtime, router port."""
    platform = plane(request)
    return reply(
        {
            "version": __version__,
            "pid": os.getpid(),
            "started_at": shapes.iso(platform.started_at),
            "runtime": platform.capabilities.name,
            "lost": list(platform.capabilities.lost),
            "router": {
                "address": platform.settings.address,
                "port": platform.port,
                "policy": platform.settings.policy,
            },
        }
    )


@routes.get("/minipaas/hosts")
async def list_hosts(request: web.Request) -> web.Response:
    """All hosts with the dynos that stand on them."""
    return _hosts(request)


def _hosts(request: web.Request) -> web.Response:
    platform = plane(request)
    standing: dict[str, list[str]] = {host.name: [] for host in platform.cells.hosts}
    for app in platform.apps.values():
        for name in sorted(app.dynos.slots):
            life = app.dynos.slots[name].life
            if life is not None:
                standing[life.host.name].append(f"{app.name}/{name}")
    return reply(
        [
            shapes.host(host, state=platform.cells.state(host.name), dynos=standing[host.name])
            for host in platform.cells.hosts
        ]
    )


@routes.post("/minipaas/hosts/{host}/actions/fail")
async def fail_host(request: web.Request) -> web.Response:
    """The host's dynos vanish and come up elsewhere; with `{"for_s": 10}` it recovers by itself."""
    hosts.fail(plane(request), request.match_info["host"], seconds(await body(request), "for_s"))
    return _hosts(request)


@routes.post("/minipaas/hosts/{host}/actions/drain")
async def drain_host(request: web.Request) -> web.Response:
    """The host takes no more dynos, and those it has move elsewhere."""
    hosts.drain(plane(request), request.match_info["host"])
    return _hosts(request)


@routes.post("/minipaas/hosts/{host}/actions/recover")
async def recover_host(request: web.Request) -> web.Response:
    """The host takes dynos again."""
    hosts.recover(plane(request), request.match_info["host"])
    return _hosts(request)


@routes.post("/minipaas/actions/stop")
async def stop(request: web.Request) -> web.Response:
    """Stop the platform; `{"force": true}` does not wait for dynos."""
    platform, wanted = plane(request), await body(request)
    platform.force_asked = platform.force_asked or bool(wanted.get("force"))
    platform.stop_asked.set()
    if platform.force_asked:
        platform.kill()
    return reply({"pid": os.getpid()}, status=202)
