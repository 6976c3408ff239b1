"""Sends one app's log to one drain, for as long as there is either."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Protocol

from minipaas.clock import Clock
from minipaas.logplex.packet import Packet
from minipaas.logplex.tail import TailSession
from minipaas.model.logline import LogChunk

#: Lines that follow the first within this time go with it (log-shuttle's 250 ms).
GATHER_S = 0.25
#: A receiver that does not answer is tried again after 1 s, 2 s, ... up to this, a random part less.
BACKOFF_S = 60.0
#: A receiver that answers and says no gets a packet this often (logplex: once, and two retries).
TRIES = 3


class Outcome(Enum):
    """What became of one packet."""

    SENT = "sent"
    #: Never to be sent again: the receiver will not have it.
    REFUSED = "refused"
    #: The receiver answered that it cannot.
    UNABLE = "unable"


class Carrier(Protocol):
    """The way to a drain."""

    def packets(self, chunks: list[LogChunk]) -> Iterator[Packet]:
        """Chunks as this way carries them."""

    async def send(self, packet: Packet) -> Outcome:
        """Carry one packet there.

        Raises:
            OSError, TimeoutError: nobody is there.
        """

    async def close(self) -> None:
        """Leave."""


class Delivery:
    """Runs until the session ends. What it tells of itself is for `minipaas drains`.

    While nobody is there, lines wait in the session, which is bounded; what that drops, or the receiver refuses, is
    told to the receiver as L10 once it takes something again.

    Args:
        failed: called with the cause when a receiver that could be reached no longer can, not for each try.
    """

    def __init__(
        self,
        session: TailSession,
        carrier: Carrier,
        clock: Clock,
        rng: random.Random,
        failed: Callable[[OSError], None],
    ) -> None:
        self.sent = 0
        self.lost = 0
        self.trouble = ""
        self._session = session
        self._carrier = carrier
        self._clock = clock
        self._rng = rng
        self._failed = failed
        #: Refused lines nobody was told of yet, and the first one's time.
        self._untold = 0
        self._untold_since = 0.0

    async def run(self) -> None:
        """Send until the session ends."""
        try:
            while chunks := await self._session.batch():
                await self._clock.sleep(GATHER_S)
                chunks += self._session.ready()
                for packet in self._carrier.packets(chunks):
                    await self._deliver(packet)
        finally:
            self._session.close()
            with suppress(OSError):
                await self._carrier.close()

    async def _deliver(self, packet: Packet) -> None:
        answered = absent = 0
        while True:
            try:
                outcome = await self._carrier.send(packet)
            except (OSError, TimeoutError) as error:
                absent += 1
                self._cannot(error)
                await self._wait(absent)
                continue
            answered += 1
            if outcome is Outcome.SENT:
                self._arrived(packet)
                return
            self.trouble = f"the receiver {outcome.value} the last lines"
            if outcome is Outcome.REFUSED or answered >= TRIES:
                self._given_up(packet)
                return
            await self._wait(answered)

    def _arrived(self, packet: Packet) -> None:
        self.sent += packet.count
        self.trouble = ""
        if self._untold:
            self._session.lose(self._untold, self._untold_since)
            self._untold = 0

    def _given_up(self, packet: Packet) -> None:
        self.lost += packet.count
        if not self._untold:
            self._untold_since = packet.time
        self._untold += packet.count

    def _cannot(self, error: OSError | TimeoutError) -> None:
        known = self.trouble
        self.trouble = str(error) or "no answer in time"
        if not known:
            self._failed(error if isinstance(error, OSError) else OSError(self.trouble))

    async def _wait(self, tries: int) -> None:
        await self._clock.sleep(min(BACKOFF_S, 2.0 ** (tries - 1)) * (0.5 + self._rng.random() / 2))


async def run_down(delivery: asyncio.Task[None], patience_s: float) -> None:
    """Wait for the last lines to be sent, and no longer than that."""
    await asyncio.wait({delivery}, timeout=patience_s)
    delivery.cancel()
    await asyncio.wait({delivery})
