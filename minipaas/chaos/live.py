"""Harasses the apps of a running platform under their real traffic, and counts what their users see of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from minipaas.chaos.live_schedule import Formation, schedule
from minipaas.chaos.live_tally import Tally, Window
from minipaas.clock import Clock
from minipaas.errors import MinipaasError, NotFound, PlatformDown, UsageProblem
from minipaas.model.live import Act, ActKind

#: How often a dyno is looked at until it is up again.
_LOOK_S = 0.2
#: After the last act dynos are given so long to come up again.
PATIENCE_S = 10.0
#: Requests in flight at the end are given a moment.
_LAST_REQUESTS_S = 0.5
#: No budget is spent by the first few requests.
_FEW_REQUESTS = 20


#: (app, dyno), or (app, add-on).
Place = tuple[str, str]


class Platform(Protocol):
    """What is needed of the running platform; `live_link.Link` is one."""

    async def formation(self, apps: tuple[str, ...]) -> Formation:
        """Dynos by app, and the hosts that work."""

    async def dynos(self, app: str) -> list[Mapping[str, Any]]:
        """The dynos of its formation."""

    async def do(self, act: Act, host: str) -> bool:
        """Carry it out, on that host if it is about one; False when there was nothing to do it to."""

    async def recover(self, host: str) -> None:
        """Let a host take dynos again."""

    async def revive(self, app: str, addon: str) -> None:
        """Start a failed add-on's server again."""

    def requests(self) -> AsyncIterator[Mapping[str, Any]]:
        """Records as requests end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWanted:
    """What is done to which apps, how often, how long. `budget` is the share of requests that may fail, or None."""

    apps: tuple[str, ...]
    seed: int
    kinds: tuple[ActKind, ...]
    rate_per_min: float
    duration_s: float
    budget: float | None = None


class Harassment:
    """One run.

    Args:
        tell: told of an act when it begins and when it is over.
    """

    def __init__(self, platform: Platform, wanted: LiveWanted, clock: Clock, tell: Callable[[Window], None]) -> None:
        self.tally = Tally(wanted.apps, clock.now())
        #: Why it ended; empty as long as it goes on.
        self.ended = ""
        #: The platform went away meanwhile.
        self.is_down = False
        self._platform = platform
        self._wanted = wanted
        self._clock = clock
        self._tell = tell
        self._stop = asyncio.Event()
        self._down: set[str] = set()
        self._failed: set[Place] = set()
        self._watching: set[asyncio.Task[None]] = set()

    def stop(self, why: str) -> None:
        """No further act; what is down is brought up again."""
        self.ended = self.ended or why
        self._stop.set()

    async def run(self) -> None:
        """Act and count until the time is over or `stop` is called; then no host or add-on is failed any more.

        Raises:
            PlatformDown: it does not run.
            UsageProblem: there is nothing to harass.
        """
        formation = await self._platform.formation(self._wanted.apps)
        if not formation.all_dynos:
            raise UsageProblem(f"no dynos run of {', '.join(self._wanted.apps)}", "`minipaas ps:scale web=1`")
        listening = asyncio.Event()
        reading = asyncio.ensure_future(self._read(listening))
        try:
            await listening.wait()
            await self._act(formation)
            await self._recover_all()
            await self._settle()
        finally:
            # A second interrupt must not leave a host behind either: it would recover by itself, if later.
            await asyncio.shield(self._recover_all())
            for task in (reading, *self._watching):
                task.cancel()
            await asyncio.gather(reading, *self._watching, return_exceptions=True)

    async def _read(self, listening: asyncio.Event) -> None:
        try:
            async for record in self._platform.requests():
                listening.set()
                self.tally.add(record)
                self._spend()
        except PlatformDown as down:
            self.is_down = True
            self.stop(down.message)
        finally:
            listening.set()

    def _spend(self) -> None:
        budget, tally = self._wanted.budget, self.tally
        if budget is not None and tally.requests >= _FEW_REQUESTS and tally.failed > budget * tally.requests:
            self.stop("the error budget is spent")

    async def _act(self, formation: Formation) -> None:
        wanted = self._wanted
        self.tally.began = self._clock.now()
        began = self._clock.monotonic()
        for act in schedule(wanted.seed, formation, wanted.kinds, wanted.rate_per_min):
            if act.at_s >= wanted.duration_s or await self._stopped(began + act.at_s):
                break
            task = asyncio.ensure_future(self._carry_out(act))
            self._watching.add(task)
            task.add_done_callback(self._watching.discard)
        if not await self._stopped(began + wanted.duration_s):
            self.stop("the time was over")

    async def _stopped(self, at: float) -> bool:
        """Wait until that time (monotonic); whether `stop` came first."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(at - self._clock.monotonic(), 0))
        return self._stop.is_set()

    async def _carry_out(self, act: Act) -> None:
        window = self.tally.open(act, (), self._clock.now())
        up_again = False
        try:
            up_again = await self._do(act, window)
        except MinipaasError as problem:
            window.note = problem.message
        if window.note:
            window.apps = frozenset()
        if up_again or window.note:
            window.until = self._clock.now()
        self._tell(window)

    async def _do(self, act: Act, window: Window) -> bool:
        """Whether all that was hit is up again."""
        if act.kind is ActKind.ADDON:
            return await self._fail_addon(act, window)
        found = {str(each["name"]): each for each in await self._platform.dynos(act.app)}
        if act.dyno not in found or not found[act.dyno]["host"]:
            window.note = "nothing of it runs now"
            return False
        before = {(act.app, act.dyno): str(found[act.dyno]["id"])}
        if act.kind is ActKind.HOST:
            window.host = str(found[act.dyno]["host"])
            before = await self._standing_on(window.host)
        window.apps = frozenset(app for app, _ in before)
        window.began = self._clock.now()
        return await self._hit(act, window, before)

    async def _fail_addon(self, act: Act, window: Window) -> bool:
        window.apps, window.began = frozenset({act.app}), self._clock.now()
        await self._platform.do(act, "")
        self._failed.add((act.app, act.dyno))
        self._tell(window)
        await self._stopped(self._clock.monotonic() + act.lasts_s)
        await self._revive((act.app, act.dyno))
        return True

    async def _hit(self, act: Act, window: Window, before: Mapping[Place, str]) -> bool:
        if window.host:
            self._down.add(window.host)
        try:
            done = await self._platform.do(act, window.host)
        except UsageProblem:
            self._down.discard(window.host)
            raise
        if not done:
            window.note = "nothing of it runs now"
            return False
        self._tell(window)
        if window.host:
            await self._stopped(self._clock.monotonic() + act.lasts_s)
            await self._recover(window.host)
        while states := await self._not_up(before):
            if self.ended and states == {"crashed"}:
                return False
            await self._clock.sleep(_LOOK_S)
        return True

    async def _standing_on(self, host: str) -> dict[Place, str]:
        """What stands on that host, with the ids of the processes."""
        found: dict[Place, str] = {}
        for app in self._wanted.apps:
            here = [each for each in await self._platform.dynos(app) if each["host"] == host]
            found |= {(app, str(each["name"])): str(each["id"]) for each in here}
        return found

    async def _not_up(self, before: Mapping[Place, str]) -> set[str]:
        """The states of places where no other process than before is up; a place that is gone has none."""
        found: set[str] = set()
        for app in {app for app, _ in before}:
            for each in await self._platform.dynos(app):
                old = before.get((app, str(each["name"])))
                if old is not None and (each["state"] != "up" or each["id"] == old):
                    found.add(str(each["state"]))
        return found

    async def _recover_all(self) -> None:
        for host in sorted(self._down):
            await self._recover(host)
        for addon in sorted(self._failed):
            await self._revive(addon)

    async def _revive(self, addon: Place) -> None:
        """What its app has destroyed meanwhile need not come back."""
        with contextlib.suppress(PlatformDown, NotFound):
            await self._platform.revive(*addon)
        self._failed.discard(addon)

    async def _recover(self, host: str) -> None:
        """A platform that is gone has no hosts that have failed."""
        with contextlib.suppress(PlatformDown):
            await self._platform.recover(host)
        self._down.discard(host)

    async def _settle(self) -> None:
        if self._watching:
            await asyncio.wait(set(self._watching), timeout=PATIENCE_S)
        await self._clock.sleep(_LAST_REQUESTS_S)


def kinds_in(words: str) -> tuple[ActKind, ...]:
    """`restart,crash` as kinds.

    Raises:
        UsageProblem: one is no kind.
    """
    known: Sequence[str] = [kind.value for kind in ActKind]
    chosen = [word.strip() for word in words.split(",") if word.strip()]
    for word in chosen:
        if word not in known:
            raise UsageProblem(f"there is no fault `{word}`", f"faults: {', '.join(known)}")
    return tuple(kind for kind in ActKind if not chosen or kind.value in chosen)
