"""The client's side: one connection, its requests in order, each with an exchange of its own."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

from minipaas.limits import REQUEST_LINE_BYTES
from minipaas.router import fault as faults
from minipaas.router import page, wire
from minipaas.router.account import Account
from minipaas.router.context import Context
from minipaas.router.door import Door
from minipaas.router.exchange import Exchange
from minipaas.router.fault import Fault, Page
from minipaas.router.head import HEAD_BYTES, Fields, HeadRefused, RequestLine, request_fields, request_line
from minipaas.router.head_grammar import has_bare_newline
from minipaas.router.route import AppRoute

#: Bytes kept unread of a client that sends ahead: further requests, or a body no dyno is there for yet.
_AHEAD_BYTES = 64 * 1024
#: After the last response the connection stays half open this long, so that what the client still sends does
#: not reset it before the response is read.
_LINGER_S = 2.0
_RESET = struct.pack("ii", 1, 0)


class ClientConnection(asyncio.Protocol):
    """A connection from a client.

    Args:
        make: makes the exchange of each request; another than the usual one records.
    """

    __slots__ = (
        "_deaf",
        "_head_started",
        "_held",
        "_hop",
        "_https_hop",
        "_make",
        "_peer",
        "_pending",
        "_route",
        "context",
        "door",
        "exchange",
        "expire_at",
        "half_closed",
        "transport",
        "write_paused",
    )

    transport: asyncio.Transport

    def __init__(self, context: Context, door: Door, make: Callable[..., Exchange] = Exchange) -> None:
        self.context = context
        self._make = make
        self.door = door
        self.exchange: Exchange | None = None
        self.expire_at = 0.0
        self.half_closed = False
        self.write_paused = False
        self._pending = bytearray()
        #: A head has begun and not ended.
        self._head_started = False
        self._held = False
        #: Nothing the client sends matters any more.
        self._deaf = False
        self._peer = ""
        self._hop = b""
        self._https_hop = b""
        self._route: AppRoute | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self.transport = cast("asyncio.Transport", transport)
        self._peer = transport.get_extra_info("peername")[0]
        self._hop = wire.forwarded(self._peer.encode(), self.door.port_bytes)
        self._https_hop = wire.forwarded(self._peer.encode(), self.door.port_bytes, https=True)
        self.expire_at = self.context.clock.monotonic() + self.context.limits.keepalive_s
        self.context.clients.add(self)
        self.context.sweep.join(self)

    # -- what comes in -------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        exchange = self.exchange
        if exchange is None:
            if self._pending:
                self._read_pending(data)
            elif not self._deaf:
                self._read(data, data.find(b"\r\n\r\n"))
        elif exchange.uploading:
            exchange.upload(data)
        elif not exchange.discarding:
            self.put_back(data)

    def _read_pending(self, data: bytes = b"") -> None:
        scanned = max(0, len(self._pending) - 3) if data else 0
        self._pending += data
        end = self._pending.find(b"\r\n\r\n", scanned)
        if end < 0:
            self._wait_for_head(scanned)
        else:
            self._read(self.take_pending(), end)

    def _read(self, data: bytes, end: int) -> None:
        """Read the head at the start of `data`, whose last line ends at `end`; below zero it has not ended."""
        if data[:2] == b"\r\n":
            # RFC 9112 2.2: an empty line before a request is to be overlooked. One is.
            data = data[2:]
            end = data.find(b"\r\n\r\n")
        if end < 0:
            self._pending += data
            self._wait_for_head(0)
            return
        self._head_started = False
        line = None
        try:
            stop = data.find(b"\r\n")
            line = request_line(data[:stop])
            fields = request_fields(data[stop + 1 : end + 2], line)
        except HeadRefused as refused:
            self._refuse_head(refused, line)
            return
        if len(data) > end + 4:
            self.put_back(data[end + 4 :])
        self._begin(line, fields)

    def _wait_for_head(self, scanned: int) -> None:
        """The head has not ended: judge what is there, from `scanned` on, and give the rest its time."""
        start = self._pending
        self.resume_reading()
        if not self._head_started and start:
            self._head_started = True
            self.expire_at = self.context.clock.monotonic() + self.context.limits.head_s
        if len(start) > REQUEST_LINE_BYTES and start.find(b"\r\n", 0, REQUEST_LINE_BYTES + 4) < 0:
            self._refuse_head(HeadRefused(414, "request line too long"), None)
        elif len(start) > HEAD_BYTES or has_bare_newline(start, scanned):
            self._refuse_head(HeadRefused(400, "bad header"), None)

    def _begin(self, line: RequestLine, fields: Fields) -> None:
        self._route = route = self.door.find(fields.name)
        if route is None:
            self._refuse(faults.NO_APP, self._account("", line, fields), line)
            return
        hop = self._https_hop if route.https else self._hop
        if fields.forwarded:
            hop = wire.forwarded_again(fields.forwarded, hop)
        account = self._account(route.app, line, fields)
        self.exchange = self._make(self.context, self, route, line, fields, hop, account)
        self.exchange.start(self.context.clock.monotonic())

    def _account(self, app: str, line: RequestLine, fields: Fields) -> Account:
        return Account(
            app,
            self.context.clock.now(),
            line.method,
            line.path,
            fields.host,
            fields.request_id or self.context.request_id(),
            wire.logged_chain(fields.forwarded, self._peer) if fields.forwarded else self._peer,
        )

    def take_pending(self) -> bytes:
        """What came and was not read yet."""
        if not self._pending:
            return b""
        data = bytes(self._pending)
        self._pending = bytearray()
        self.resume_reading()
        return data

    def put_back(self, data: bytes) -> None:
        """Keep for later; a client too far ahead is read no further."""
        self._pending += data
        if len(self._pending) > _AHEAD_BYTES:
            self.hold_reading()

    def hold_reading(self) -> None:
        """Read no more until told."""
        if not self._held and not self.half_closed and not self.transport.is_closing():
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
            self.exchange.hold_download()

    def resume_writing(self) -> None:
        """Called by the loop."""
        self.write_paused = False
        if self.exchange is not None:
            self.exchange.resume_download()

    # -- what goes out -------------------------------------------------------------------------------------

    def _refuse_head(self, refused: HeadRefused, line: RequestLine | None) -> None:
        fault = faults.bad_request(refused.status, refused.cause)
        method, path = (line.method, line.path) if line is not None else ("", "")
        context = self.context
        account = Account("", context.clock.now(), method, path, "", context.request_id(), self._peer)
        self._refuse(fault, account, line)

    def _refuse(self, fault: Fault, account: Account, line: RequestLine | None) -> None:
        """Answer a request that belongs to no app."""
        self.refuse(fault, line is not None and line.method == "HEAD", keep=False)
        now = self.context.clock.monotonic()
        self.context.journal.add(account.record(now, fault))
        self.done(keep=False, unread=True, now=now)

    def refuse(self, fault: Fault, head_only: bool, keep: bool) -> None:
        """Answer with the router's page."""
        url = None
        if self._route is not None:
            maintenance = fault.page is Page.MAINTENANCE
            url = self._route.maintenance_page_url if maintenance else self._route.error_page_url
        now = self.context.clock.now()
        self.transport.write(page.answer(fault, now=now, head_only=head_only, keep=keep, frame_url=url))

    def done(self, keep: bool, unread: bool, now: float) -> None:
        """The exchange is over: on to the next request, or to the end."""
        self.exchange = None
        if not keep:
            self._finish(now, unread or bool(self._pending))
        elif self._pending:
            # Not at once: a thousand requests sent ahead would nest a thousand deep.
            asyncio.get_running_loop().call_soon(self._next)
        elif self.half_closed:
            self._finish(now, unread=False)
        else:
            self.resume_reading()
            self.expire_at = now + self.context.limits.keepalive_s

    def _next(self) -> None:
        if self.exchange is not None or self.transport.is_closing():
            return
        self.expire_at = self.context.clock.monotonic() + self.context.limits.keepalive_s
        if self._pending:
            self._read_pending()
        if self.exchange is None and self.half_closed and not self._deaf:
            self._finish(self.context.clock.monotonic(), unread=False)

    def _finish(self, now: float, unread: bool) -> None:
        """Close once everything is written; if the client may be sending, only our half at first."""
        self._deaf = True
        self._pending = bytearray()
        if unread and not self.half_closed and not self.transport.is_closing():
            unsent = self.transport.get_write_buffer_size()
            self.expire_at = now + (self.context.limits.idle_s if unsent else _LINGER_S)
            self.transport.write_eof()
            self.resume_reading()
        else:
            self.expire_at = now + self.context.limits.idle_s
            self.transport.close()

    def truncate(self, reset: bool) -> None:
        """End a response that cannot be completed; `reset` where a plain close would look complete."""
        self.exchange = None
        self._deaf = True
        self._pending = bytearray()
        self.expire_at = self.context.clock.monotonic() + _LINGER_S
        if reset:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        else:
            self.transport.close()

    # -- ends ----------------------------------------------------------------------------------------------

    def expire(self, now: float) -> None:
        """A time limit has passed."""
        if self.exchange is not None:
            self.exchange.expire(now)
        elif self._deaf or not self._head_started:
            self.expire_at = now + _LINGER_S
            self.transport.abort()
        else:
            self._refuse_slow(now)

    def _refuse_slow(self, now: float) -> None:
        """No request came to be, so there is nothing to log."""
        self.refuse(faults.bad_request(408, "request head took too long"), head_only=False, keep=False)
        self._finish(now, unread=True)

    def eof_received(self) -> bool:
        """Called by the loop: a client may end its half and still wants its answers."""
        self.half_closed = True
        exchange = self.exchange
        if exchange is None:
            return bool(self._pending) and not self._head_started and not self._deaf
        if exchange.uploading:
            exchange.client_gone()
            return False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        exchange, self.exchange = self.exchange, None
        self._deaf = True
        if exchange is not None:
            exchange.client_gone()
        self._forget()

    def _forget(self) -> None:
        self.context.sweep.leave(self)
        self.context.clients.discard(self)
        self.context.on_client_gone()

    def retire(self) -> None:
        """Close now if idle, else after the request in hand."""
        if self.exchange is None and not self._deaf:
            self._finish(self.context.clock.monotonic(), unread=False)

    def cut(self) -> None:
        """Close now, whatever is in hand."""
        if self.exchange is not None:
            self.exchange.fail(faults.H24)
        self.transport.close()

    def leave_to(self, protocol: asyncio.BaseProtocol) -> asyncio.Transport:
        """Give the transport away, to a tunnel."""
        self.exchange = None
        self.resume_reading()
        self.transport.set_protocol(protocol)
        self._forget()
        return self.transport
