"""Fakes that stand where time, chance and dynos come in by constructor."""

import asyncio
import heapq
import itertools
from collections.abc import Callable


class FakeTimer:
    """A call that `FakeClock.advance` will make."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.cancelled = False

    def cancel(self) -> None:
        """Drop the call."""
        self.cancelled = True


class FakeClock:
    """A clock that moves only when told; `advance` makes the due calls in order and lets the loop run between."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._start = now
        self._elapsed = 0.0
        self._due: list[tuple[float, int, FakeTimer]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed

    def call_later(self, delay_s: float, act: Callable[[], None]) -> FakeTimer:
        """Call `act` once the clock has been moved that far."""
        timer = FakeTimer(act)
        heapq.heappush(self._due, (self._elapsed + delay_s, next(self._order), timer))
        return timer

    async def sleep(self, delay_s: float) -> None:
        """Wait until the clock has been moved that far."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.call_later(delay_s, lambda: woken.done() or woken.set_result(None))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on, step by step through what falls due."""
        end = self._elapsed + seconds
        await settle()
        while self._due and self._due[0][0] <= end:
            at, _, timer = heapq.heappop(self._due)
            self._elapsed = max(self._elapsed, at)
            if not timer.cancelled:
                timer.act()
            await settle()
        self._elapsed = end


async def settle() -> None:
    """Let everything that is ready on the loop run."""
    for _ in range(20):
        await asyncio.sleep(0)
