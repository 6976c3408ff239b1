"""After 101: bytes both ways, whatever they mean, until one side is done (WebSocket and the like)."""

import asyncio
from collections.abc import Callable

from minipaas.router.context import Context
from minipaas.router.fault import H15, Fault
from minipaas.router.sweep import NEVER


class Side(asyncio.Protocol):
    """One of the tunnel's two connections; its bytes go to the other."""

    def __init__(self, tunnel: "Tunnel") -> None:
        self.tunnel = tunnel
        self.transport: asyncio.Transport
        self.other: Side
        self._other_held = False
        self._ended = False

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self.tunnel.touch()
        self.tunnel.count(self, len(data))
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        """Called by the loop: we are slow, so the other is read no further."""
        if not self._other_held and not self.other.transport.is_closing():
            self._other_held = True
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by the loop."""
        if self._other_held and not self.other.transport.is_closing():
            self._other_held = False
            self.other.transport.resume_reading()

    def eof_received(self) -> bool:
        """Called by the loop: one direction ends, the other may go on."""
        if not self._ended:
            self.end()
        return not self.other._ended

    def end(self) -> None:
        """Nothing more comes from this side."""
        self._ended = True
        if self.other._ended:
            self.other.transport.close()
        elif not self.other.transport.is_closing():
            self.other.transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.other.transport.close()
        self.tunnel.lost()


class Tunnel:
    """Joins two transports; `on_end` gets the bytes that went to the client, and H15 if it fell silent."""

    def __init__(self, context: Context, on_end: Callable[[int, Fault | None], None]) -> None:
        self.expire_at = 0.0
        self.client = Side(self)
        self.dyno = Side(self)
        self.client.other, self.dyno.other = self.dyno, self.client
        self._context = context
        self._on_end: Callable[[int, Fault | None], None] | None = on_end
        self._to_client = 0
        self._sides = 2

    def open(self, client: asyncio.Transport, dyno: asyncio.Transport) -> None:
        """Start; both transports already have `client` and `dyno` as their protocols."""
        self.client.transport, self.dyno.transport = client, dyno
        self.touch()
        self._context.tunnels.add(self)
        self._context.sweep.join(self)

    def touch(self) -> None:
        """Something moved."""
        self.expire_at = self._context.clock.monotonic() + self._context.limits.idle_s

    def count(self, side: Side, size: int) -> None:
        """Bytes came from `side`."""
        if side is self.dyno:
            self._to_client += size

    def expire(self, now: float) -> None:
        """Nothing moved for too long."""
        self._finish(H15)
        self.expire_at = NEVER
        self.client.transport.abort()
        self.dyno.transport.abort()

    def retire(self) -> None:
        """Close both sides: tunnels do not hold up a close."""
        self.cut()

    def cut(self) -> None:
        """Close both sides."""
        self._finish(None)
        self.client.transport.close()
        self.dyno.transport.close()

    def lost(self) -> None:
        """A side is gone. The other may have bytes to write still; the sweep sees to it that it ends."""
        self._finish(None)
        self._sides -= 1
        if self._sides == 0:
            self._context.sweep.leave(self)
            self._context.tunnels.discard(self)

    def _finish(self, fault: Fault | None) -> None:
        if self._on_end is not None:
            on_end, self._on_end = self._on_end, None
            on_end(self._to_client, fault)
