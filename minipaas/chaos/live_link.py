"""The running platform as `chaos --live` uses it: acts, what stands where, and the requests that end."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from minipaas.api.address import socket_path
from minipaas.api.client import Client
from minipaas.chaos.live_schedule import Formation
from minipaas.errors import PlatformDown
from minipaas.model.live import Act, ActKind
from minipaas.store.home import Home

Dyno = Mapping[str, Any]
_PATHS = {
    ActKind.RESTART: ("DELETE", "/apps/{app}/dynos/{dyno}"),
    ActKind.RELOCATE: ("POST", "/minipaas/apps/{app}/dynos/{dyno}/actions/relocate"),
    ActKind.CRASH: ("POST", "/minipaas/apps/{app}/dynos/{dyno}/actions/kill"),
    ActKind.HOST: ("POST", "/minipaas/hosts/{host}/actions/fail"),
    ActKind.ADDON: ("POST", "/minipaas/apps/{app}/addons/{dyno}/actions/fail"),
}
#: Nothing comes for ten seconds at most (`api/requests.py`).
_SILENT_S = 30.0


class Link:
    """Calls to the platform on a home; errors as `api.client.Client` raises them."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._client = Client(home)

    async def formation(self, apps: tuple[str, ...]) -> Formation:
        """The dynos of these apps that are no one-off dynos, and the hosts that work."""
        dynos = {app: [str(each["name"]) for each in await self.dynos(app)] for app in apps}
        hosts = [str(each["name"]) for each in await self.hosts() if each["state"] != "failed"]
        return Formation(dynos, hosts, {app: await self._addons(app) for app in apps})

    async def _addons(self, app: str) -> list[str]:
        """Its own: one of another app fails with that app."""
        found = await self._get(f"/apps/{quote(app, safe='')}/addons")
        return [str(each["name"]) for each in found if each["app"]["name"] == app]

    async def dynos(self, app: str) -> list[Dyno]:
        """Those of its formation."""
        found = await self._get(f"/apps/{quote(app, safe='')}/dynos")
        return [each for each in found if each["type"] != "run"]

    async def hosts(self) -> list[Mapping[str, Any]]:
        """With the dynos that stand on them, as `app/web.1`."""
        found: list[Mapping[str, Any]] = await self._get("/minipaas/hosts")
        return found

    async def do(self, act: Act, host: str) -> bool:
        """Carry it out; False when there was nothing to do it to. What fails for a time recovers by itself, too."""
        method, path = _PATHS[act.kind]
        lasting = act.kind in (ActKind.HOST, ActKind.ADDON)
        wanted = {"for_s": act.lasts_s} if lasting else None
        where = path.format(app=quote(act.app, safe=""), dyno=quote(act.dyno), host=quote(host, safe=""))
        answer = await asyncio.to_thread(self._client.call, method, where, wanted)
        return lasting or bool(answer["dynos"])

    async def recover(self, host: str) -> None:
        """Let a host take dynos again."""
        path = f"/minipaas/hosts/{quote(host, safe='')}/actions/recover"
        await asyncio.to_thread(self._client.call, "POST", path)

    async def revive(self, app: str, addon: str) -> None:
        """Start a failed add-on's server again."""
        path = f"/minipaas/apps/{quote(app, safe='')}/addons/{quote(addon, safe='')}/actions/recover"
        await asyncio.to_thread(self._client.call, "POST", path)

    async def requests(self) -> AsyncIterator[Mapping[str, Any]]:
        """Records as requests end; a first line without one once the platform listens.

        Raises:
            PlatformDown: it stopped.
        """
        with socket_path(self._home) as path:
            wire = httpx.AsyncHTTPTransport(uds=path)
            try:
                async with (
                    httpx.AsyncClient(transport=wire, timeout=_SILENT_S) as client,
                    client.stream("GET", "http://localhost/minipaas/requests") as answer,
                ):
                    async for line in answer.aiter_lines():
                        yield json.loads(line)
            except httpx.HTTPError as error:
                raise PlatformDown("the platform does not answer any more") from error
        raise PlatformDown("the platform has stopped")

    async def _get(self, path: str) -> Any:
        return await asyncio.to_thread(self._client.get, path)
