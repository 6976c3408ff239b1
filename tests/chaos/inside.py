"""Small apps inside the test's own loop, for tests of how an app is used; no dyno of them is ever taken away."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from aiohttp import web

from minipaas.chaos.discover import Discovery, discover
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import History
from minipaas.chaos.lab import LabDyno
from minipaas.chaos.plan import Plan
from minipaas.chaos.play import play
from minipaas.chaos.trial import CALM, Phase, Trial
from minipaas.clock import Clock, SystemClock
from minipaas.runtime.base import Host

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Inside:
    """What a fleet is for a player: one dyno, or several that answer in turn."""

    dynos: list[LabDyno]
    trial: Trial = CALM
    clock: Clock = field(default_factory=SystemClock)
    faults: int = 0
    has_workers: bool = False
    turn: int = 0

    def next(self) -> LabDyno:
        self.turn += 1
        return self.dynos[self.turn % len(self.dynos)]

    @property
    def webs(self) -> tuple[LabDyno, ...]:
        return tuple(self.dynos)

    async def reach(self, phase: Phase, step: str) -> None:
        pass

    async def pause(self) -> None:
        pass

    def inspect(self) -> list[object]:
        return []

    async def discovered(self, timeout_s: float = 2.0, budget_s: float = 20.0) -> Discovery:
        return await discover(cast("Fleet", self), "app", timeout_s=timeout_s, budget_s=budget_s)

    async def played(self, plan: Plan) -> History:
        return await play(plan, cast("Fleet", self), timeout_s=2.0)


@contextlib.asynccontextmanager
async def inside(*apps: Mapping[str, Answer]) -> AsyncIterator[Inside]:
    """Dynos that serve these routes (`GET /path`), one for each mapping."""
    async with contextlib.AsyncExitStack() as stack:
        yield Inside([await stack.enter_async_context(_served(app, n + 1)) for n, app in enumerate(apps)])


@contextlib.asynccontextmanager
async def _served(routes: Mapping[str, Answer], number: int) -> AsyncIterator[LabDyno]:
    app = web.Application()
    for asked, answer in routes.items():
        app.router.add_route(*asked.split(" ", 1), answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield LabDyno(f"web.{number}", Host("here", "127.0.0.1", Path("/nowhere")), port, None)
    finally:
        await runner.cleanup()


def page(body: str, status: int = 200) -> web.Response:
    """A page of HTML."""
    return web.Response(text=f"<!doctype html><title>App</title>{body}", content_type="text/html", status=status)
