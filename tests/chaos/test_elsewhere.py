"""Who serves on another port is known early, and who is only slow is not mistaken for that."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from minipaas.chaos.elsewhere import serves_elsewhere
from minipaas.runtime.base import Listener
from tests.chaos.inside import Answer, inside, page
from tests.fakes import FakeClock


async def front(_: object) -> object:
    return page("the front page")


async def nothing(_: object) -> object:
    return page("no front page", 404)


async def astray(
    listeners: Callable[[FakeClock, int], Sequence[Listener]],
    answer: Answer,
    cpu_per_s: float = 0.0,
    seconds: float = 30.0,
) -> float | None:
    """After how many seconds it was told; None when it was not."""
    clock = FakeClock()
    async with inside({"GET /": answer}) as there:
        port = there.dynos[0].port
        told = asyncio.ensure_future(
            serves_elsewhere(
                lambda: listeners(clock, port), lambda: clock.monotonic() * cpu_per_s, "127.0.0.1", clock
            )
        )
        while not told.done() and clock.monotonic() < seconds:
            await clock.advance(0.5)
            await asyncio.sleep(0.01)
        after = clock.monotonic() if told.done() else None
        told.cancel()
        await asyncio.gather(told, return_exceptions=True)
    return after


def always(_clock: FakeClock, port: int) -> Sequence[Listener]:
    return [Listener("0.0.0.0", port, 7, "node app.js")]


async def test_a_site_on_a_port_of_its_own_is_told_after_ten_idle_seconds() -> None:
    after = await astray(always, front)  # type: ignore[arg-type]
    assert after is not None
    assert 10 <= after < 20


@pytest.mark.parametrize(
    ("answer", "cpu_per_s"),
    [pytest.param(nothing, 0.0, id="a port for metrics"), pytest.param(front, 0.3, id="a boot that works")],
)
async def test_a_slow_boot_is_not_mistaken(answer: Answer, cpu_per_s: float) -> None:
    assert await astray(always, answer, cpu_per_s) is None


async def test_a_socket_that_comes_and_goes_is_no_choice() -> None:
    def now_and_then(clock: FakeClock, port: int) -> Sequence[Listener]:
        return always(clock, port) if clock.monotonic() % 8 < 5 else ()

    assert await astray(now_and_then, front) is None  # type: ignore[arg-type]
