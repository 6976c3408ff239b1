"""A running web dyno as the router sees it: where it listens, what it serves now, connections it left open."""

import asyncio
from typing import TYPE_CHECKING

from minipaas.frozen import frozen

if TYPE_CHECKING:
    from minipaas.router.upstream import DynoConnection


@frozen
class Backend:
    """A web dyno that listens; `life` is the id of its launch, never used twice."""

    dyno: str
    life: str
    address: str
    port: int


class Slot:
    """One life of one dyno, with its pool; the last used connection is the first used again."""

    __slots__ = ("backend", "drained", "idle", "in_flight", "quarantined_until", "taking")

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.in_flight = 0
        self.quarantined_until = 0.0
        #: It takes new requests.
        self.taking = True
        self.idle: list[DynoConnection] = []
        self.drained: list[asyncio.Future[None]] = []

    def reuse(self) -> "DynoConnection | None":
        """An idle connection, taken out of the pool."""
        while self.idle:
            connection = self.idle.pop()
            if not connection.transport.is_closing():
                return connection
        return None

    def make_room(self) -> None:
        """Before a new connection: close an idle one, as a server of one thread takes no second while it has one."""
        if self.idle:
            self.idle[0].close()

    def leave(self) -> None:
        """A request that was with this dyno is over."""
        self.in_flight -= 1
        if self.in_flight == 0 and self.drained:
            self._tell_drained()

    def drain(self) -> asyncio.Future[None]:
        """Take nothing more; the future is done when nothing is in flight."""
        self.taking = False
        self.close_idle()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.drained.append(done)
        if self.in_flight == 0:
            self._tell_drained()
        return done

    def forget(self) -> None:
        """The dyno ended."""
        self.taking = False
        self.close_idle()
        self._tell_drained()

    def close_idle(self) -> None:
        """Close every pooled connection."""
        idle, self.idle = self.idle, []
        for connection in idle:
            connection.close()

    def _tell_drained(self) -> None:
        waiting, self.drained = self.drained, []
        for done in waiting:
            if not done.done():
                done.set_result(None)
