"""Time as an argument, so that a day of cycling runs in a millisecond of test."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Drop the call; nothing happens when it was made already."""


class Clock(Protocol):
    """Wall time for logs, monotonic time for durations, and calls due later."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""

    def call_later(self, delay_s: float, act: Callable[[], None]) -> Timer:
        """Call `act` on the loop, once, after `delay_s`."""

    async def sleep(self, delay_s: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clocks, and the running asyncio loop's timers."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    def call_later(self, delay_s: float, act: Callable[[], None]) -> Timer:
        """Call `act` on the loop, once, after `delay_s`."""
        return asyncio.get_running_loop().call_later(delay_s, act)

    async def sleep(self, delay_s: float) -> None:
        """Wait."""
        await asyncio.sleep(delay_s)
