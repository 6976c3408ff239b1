"""`chaos --live` against a platform that is made of dictionaries."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from minipaas.chaos import live
from minipaas.chaos.live import Harassment, LiveWanted
from minipaas.chaos.live_schedule import Formation
from minipaas.clock import SystemClock
from minipaas.errors import NotFound, PlatformDown, UsageProblem
from minipaas.model.live import Act, ActKind


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LOOK_S", "_LAST_REQUESTS_S"):
        monkeypatch.setattr(live, name, 0.01)


class Fake:
    """One app of two dynos on two hosts; every act gives a dyno another id."""

    def __init__(self, *, stays: str = "up") -> None:
        self.failed: set[str] = set()
        self.done: list[Act] = []
        self.news: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        self.refuses: Exception | None = None
        self._stays = stays
        self._dynos = {
            name: {"name": name, "type": "web", "state": "up", "host": host, "id": name}
            for name, host in (("web.1", "a"), ("web.2", "b"))
        }

    async def formation(self, apps: tuple[str, ...]) -> Formation:
        return Formation(dict.fromkeys(apps, tuple(self._dynos)), ["a", "b"], dict.fromkeys(apps, ("redis-a",)))

    async def dynos(self, app: str) -> list[Mapping[str, Any]]:
        return list(self._dynos.values())

    async def do(self, act: Act, host: str) -> bool:
        if self.refuses is not None:
            raise self.refuses
        self.done.append(act)
        if host or act.kind is ActKind.ADDON:
            self.failed.add(host or act.dyno)
        for dyno in self._dynos.values():
            dyno |= {"id": f"life {len(self.done)}", "state": self._stays}
        return True

    async def recover(self, host: str) -> None:
        self.failed.discard(host)

    async def revive(self, app: str, addon: str) -> None:
        self.failed.discard(addon)

    async def requests(self) -> AsyncIterator[Mapping[str, Any]]:
        yield {}
        while (record := await self.news.get()) is not None:
            yield record
        raise PlatformDown("the platform has stopped")


def run(
    fake: Fake, kinds: tuple[ActKind, ...], *, duration_s: float = 60.0, budget: float | None = None
) -> Harassment:
    wanted = LiveWanted(apps=("shop",), seed=1, kinds=kinds, rate_per_min=1200, duration_s=duration_s, budget=budget)
    return Harassment(fake, wanted, SystemClock(), lambda _window: None)


async def until(what: Any) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.005)


def test_acts_are_done_until_the_time_is_over() -> None:
    fake = Fake()
    harassment = run(fake, (ActKind.RESTART, ActKind.RELOCATE), duration_s=0.4)
    asyncio.run(harassment.run())
    acts = harassment.tally.done()
    assert harassment.ended == "the time was over"
    assert len(acts) == len(fake.done) > 0
    assert all(done.until_s is not None and not done.note for done in acts)


@pytest.mark.parametrize("kind", [ActKind.HOST, ActKind.ADDON])
def test_an_interrupted_run_leaves_no_host_and_no_add_on_failed(kind: ActKind) -> None:
    async def interrupted() -> None:
        fake = Fake()
        harassment = run(fake, (kind,))
        running = asyncio.ensure_future(harassment.run())
        await until(lambda: fake.failed)
        harassment.stop("it was interrupted")
        await running
        assert fake.failed == set()
        (done,) = harassment.tally.done()
        assert done.host in (("a", "b") if kind is ActKind.HOST else ("",))
        assert done.until_s is not None

    asyncio.run(interrupted())


def test_a_run_that_is_interrupted_twice_leaves_no_host_failed_either() -> None:
    async def interrupted() -> None:
        fake = Fake(stays="starting")
        harassment = run(fake, (ActKind.HOST,))
        running = asyncio.ensure_future(harassment.run())
        await until(lambda: fake.failed)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert fake.failed == set()

    asyncio.run(interrupted())


def test_it_ends_when_the_error_budget_is_spent() -> None:
    async def spent() -> None:
        fake = Fake()
        harassment = run(fake, (ActKind.RESTART,), budget=0.1)
        running = asyncio.ensure_future(harassment.run())
        for number in range(40):
            status = 500 if number % 5 == 0 else 200
            fake.news.put_nowait({"app": "shop", "started_at": 0.0, "service_ms": 1, "code": "", "status": status})
        await running
        assert harassment.ended == "the error budget is spent"

    asyncio.run(spent())


def test_it_ends_with_the_platform_and_says_so() -> None:
    async def gone() -> None:
        fake = Fake()
        harassment = run(fake, (ActKind.RESTART,))
        running = asyncio.ensure_future(harassment.run())
        await until(lambda: fake.done)
        fake.news.put_nowait(None)
        await running
        assert harassment.is_down
        assert harassment.ended == "the platform has stopped"

    asyncio.run(gone())


@pytest.mark.parametrize("refusal", [NotFound("there is no dyno web.1"), UsageProblem("no other host works")])
def test_what_the_platform_refuses_is_left_out_and_told(refusal: Exception) -> None:
    fake = Fake()
    fake.refuses = refusal
    harassment = run(fake, (ActKind.HOST,), duration_s=0.3)
    asyncio.run(harassment.run())
    assert {done.note for done in harassment.tally.done()} == {str(refusal)}
    assert harassment.tally.apps()[0].by_kind == {}


def test_a_dyno_that_cools_off_after_crashes_is_told_as_not_up_again() -> None:
    fake = Fake(stays="crashed")
    harassment = run(fake, (ActKind.CRASH,), duration_s=0.2)
    asyncio.run(harassment.run())
    assert [done.until_s for done in harassment.tally.done()] == [None] * len(fake.done)


def test_without_dynos_there_is_nothing_to_harass() -> None:
    class Empty(Fake):
        async def formation(self, apps: tuple[str, ...]) -> Formation:
            return Formation({"shop": ()}, ["a"])

    with pytest.raises(UsageProblem, match="no dynos run of shop"):
        asyncio.run(run(Empty(), (ActKind.RESTART,)).run())
