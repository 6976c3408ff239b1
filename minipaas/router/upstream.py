"""The dyno's side: one connection to a web dyno, serving one request after another.

It reads responses, finds where each ends, and tells the exchange it serves. Left alone between two requests it
rests in the dyno's pool; whatever a dyno says unasked, or after a response's end, costs it the connection and is
never seen by another client.
"""

import asyncio
from typing import Protocol, cast

from minipaas.router.chunked import BadChunk, Body, ChunkedBody, CloseBody, LengthBody
from minipaas.router.context import Context
from minipaas.router.fault import H17
from minipaas.router.head_response import BadResponse, ResponseHead, check_start, response_head
from minipaas.router.sides import Asker
from minipaas.router.sweep import NEVER

#: Idle connections kept for one dyno; more were open at once than are worth keeping.
POOL_SIZE = 256
#: An idle connection to a dyno is closed after this long (DC:http-routing, router 2.0).
POOL_IDLE_S = 90.0
#: Interim responses (1xx) before one final one; more is a dyno gone mad.
_INTERIMS = 32


class Home(Protocol):
    """The dyno a connection leads to."""

    #: Its idle connections, the last used one last.
    idle: "list[DynoConnection]"

    #: It takes new requests.
    taking: bool


class DynoConnection(asyncio.Protocol):
    """A connection to one dyno."""

    __slots__ = (
        "_body",
        "_held",
        "_interims",
        "_payload",
        "_reusable",
        "_start",
        "context",
        "exchange",
        "expire_at",
        "reused",
        "slot",
        "transport",
        "write_paused",
    )

    transport: asyncio.Transport

    def __init__(self, context: Context, slot: Home) -> None:
        self.context = context
        self.slot = slot
        self.exchange: Asker | None = None
        self.expire_at = NEVER
        #: It has served a request before, so the dyno may close it just as we use it again.
        self.reused = False
        self.write_paused = False
        self._held = False
        self._start = bytearray()
        self._body: Body | None = None
        self._payload: list[bytes] | None = None
        self._reusable = False
        self._interims = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self.transport = cast("asyncio.Transport", transport)
        self.context.sweep.join(self)

    def serve(self, exchange: Asker) -> None:
        """Hand what comes from now on to this exchange, until its response ends."""
        self.exchange = exchange
        self.expire_at = NEVER
        self._interims = 0

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        exchange = self.exchange
        if exchange is None:
            self.close()
        elif self._body is not None:
            self._read_body(exchange, self._body, data)
        elif self._start:
            self._read_more_head(exchange, data)
        else:
            self._read_head(exchange, data, data.find(b"\r\n\r\n"))

    def _read_more_head(self, exchange: Asker, data: bytes) -> None:
        start = self._start
        scanned = max(0, len(start) - 3)
        start += data
        end = start.find(b"\r\n\r\n", scanned)
        if end >= 0:
            self._start = bytearray()
        self._read_head(exchange, bytes(start) if end >= 0 else b"", end)

    def _read_head(self, exchange: Asker, data: bytes, end: int) -> None:
        """Read the head that ends at `end`; below zero it has not ended, and `data` goes to its start."""
        try:
            if end < 0:
                self._start += data
                check_start(self._start)
                return
            head = response_head(data[: end + 4])
            rest = data[end + 4 :]
            if head.status < 200:
                self._read_interim(exchange, head, rest)
            else:
                self._read_final(exchange, head, rest)
        except BadResponse as bad:
            exchange.fail(bad.fault)
        except BadChunk:
            exchange.fail(H17)

    def _read_interim(self, exchange: Asker, head: ResponseHead, rest: bytes) -> None:
        if head.status == 101:
            exchange.switch(head, rest)
            return
        self._interims += 1
        if self._interims > _INTERIMS:
            raise BadResponse(H17)
        exchange.interim(head)
        if rest:
            self._read_head(exchange, rest, rest.find(b"\r\n\r\n"))

    def _read_final(self, exchange: Asker, head: ResponseHead, rest: bytes) -> None:
        length = 0 if exchange.head_only or head.bodyless else head.length
        if length == len(rest):
            self.exchange = None
            exchange.whole(head, rest, head.reusable)
            return
        body = self._framed(head, length, exchange.unchunk)
        taken = body.feed(rest)
        self._reusable = head.reusable and taken == len(rest)
        self._body = body
        exchange.begin(head, self._payload_of(rest, taken), isinstance(body, CloseBody))
        if body.done:
            self._end(exchange, self._reusable)

    def _framed(self, head: ResponseHead, length: int | None, unchunk: bool) -> Body:
        if length is not None:
            return LengthBody(length)
        if not head.chunked:
            return CloseBody()
        self._payload = [] if unchunk else None
        return ChunkedBody(self._payload)

    def _read_body(self, exchange: Asker, body: Body, data: bytes) -> None:
        try:
            taken = body.feed(data)
        except BadChunk:
            exchange.fail(H17)
            return
        exchange.carry(self._payload_of(data, taken))
        if body.done:
            self._end(exchange, self._reusable and taken == len(data))

    def _payload_of(self, data: bytes, taken: int) -> bytes:
        """What of the bytes at hand the client gets."""
        if self._payload is not None:
            payload = b"".join(self._payload)
            self._payload.clear()
            return payload
        return data if taken == len(data) else data[:taken]

    def _end(self, exchange: Asker, reusable: bool) -> None:
        self.exchange = None
        self._body = self._payload = None
        exchange.end(reusable)

    def rest(self, now: float) -> None:
        """Go to the dyno's pool, or close when it wants no more."""
        slot = self.slot
        if not slot.taking or len(slot.idle) >= POOL_SIZE or self.transport.is_closing():
            self.close()
            return
        self.reused = True
        self.expire_at = now + POOL_IDLE_S
        if self._held:
            self.resume_reading()
        slot.idle.append(self)

    def expire(self, now: float) -> None:
        """Idle for too long."""
        self.close()

    def hold_reading(self) -> None:
        """Read no more until told."""
        if not self._held and not self.transport.is_closing():
            self._held = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if self._held and not self.transport.is_closing():
            self._held = False
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """Called by the loop."""
        self.write_paused = True
        if self.exchange is not None:
            self.exchange.hold_upload()

    def resume_writing(self) -> None:
        """Called by the loop."""
        self.write_paused = False
        if self.exchange is not None:
            self.exchange.resume_upload()

    def eof_received(self) -> None:
        """Called by the loop, which then closes the transport."""
        self._gone(clean=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.expire_at = NEVER
        self.context.sweep.leave(self)
        self._leave_pool()
        self._gone(clean=exc is None)

    def _gone(self, clean: bool) -> None:
        exchange = self.exchange
        if exchange is None:
            self._leave_pool()
        elif clean and isinstance(self._body, CloseBody):
            self._end(exchange, False)
        else:
            self.exchange = None
            exchange.broken(not self._start and self._body is None and not self._interims)

    def close(self) -> None:
        """Close, tell nobody."""
        self._release()
        self.transport.close()

    def abort(self) -> None:
        """Close at once and drop what is not written yet; the dyno sees that its answer is not wanted."""
        self._release()
        self.transport.abort()

    def leave_to(self, protocol: asyncio.BaseProtocol) -> asyncio.Transport:
        """Give the transport away, to a tunnel."""
        self._release()
        self.context.sweep.leave(self)
        self.resume_reading()
        self.transport.set_protocol(protocol)
        return self.transport

    def _release(self) -> None:
        self.exchange = None
        self.expire_at = NEVER
        self._leave_pool()

    def _leave_pool(self) -> None:
        if self in self.slot.idle:
            self.slot.idle.remove(self)
