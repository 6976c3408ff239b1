"""One request on its way: find a dyno, hand it over, pass the answer back, and say in one record how it went.

    arrive -> (wait for a boot) -> pick -> connect -> send -> answer -> over
                     ^               ^        |         |
                     |               +--------+         |  refused, timed out: another dyno
                     +-------- changed ----------------+   silent on a used connection: once more, on a new one

A request is sent twice only if nothing can tell: it changes nothing (GET, HEAD, OPTIONS without a body), and the
connection had been used before and fell silent at once, as one does that the dyno was closing just then. All
others get a connection of their own from the start, so there is nothing to guess about.
"""

from minipaas.router import fault as faults
from minipaas.router import wire
from minipaas.router.account import Account
from minipaas.router.chunked import BadChunk, Body, ChunkedBody, LengthBody
from minipaas.router.context import Context
from minipaas.router.fault import Fault
from minipaas.router.head import Fields, RequestLine
from minipaas.router.head_response import ResponseHead
from minipaas.router.route import AppRoute
from minipaas.router.search import Search
from minipaas.router.sides import Client
from minipaas.router.slot import Slot
from minipaas.router.table import Go
from minipaas.router.tunnel import Tunnel
from minipaas.router.upstream import DynoConnection

#: A used connection that falls silent later than this after a request did not just cross with a close.
RETRY_WITHIN_S = 1.0
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Exchange:
    """A request from its head to its record."""

    __slots__ = (
        "_begun",
        "_body",
        "_due",
        "_early",
        "_fields",
        "_hop",
        "_keep",
        "_line",
        "_over",
        "_search",
        "_until_close",
        "account",
        "client",
        "connection",
        "context",
        "head_only",
        "repeatable",
        "route",
        "slot",
        "unchunk",
    )

    def __init__(
        self,
        context: Context,
        client: Client,
        route: AppRoute,
        line: RequestLine,
        fields: Fields,
        hop: bytes,
        account: Account,
    ) -> None:
        self.context = context
        self.client = client
        self.route = route
        self.account = account
        self.head_only = line.method == "HEAD"
        self.unchunk = line.minor == 0
        self.slot: Slot | None = None
        self.connection: DynoConnection | None = None
        self._line = line
        self._fields = fields
        self._hop = hop
        self._keep = fields.keep_alive
        self.repeatable = line.safe and not fields.has_body and not fields.upgrade
        #: The request's body while it is not all with the dyno.
        self._body: Body | None = _request_body(fields) if fields.has_body else None
        self._search: Search | None = None
        self._begun = False
        self._until_close = False
        #: The answer came before the whole request had: the rest of it is not wanted.
        self._early = False
        self._over = False
        #: What it means when `client.expire_at` passes.
        self._due = faults.H12

    # -- finding a dyno ------------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Set out; `now` is monotonic."""
        route = self.route
        full = route.backlog_full()
        route.in_flight_total += 1
        if full or route.gate is not Go.SERVE or not self.repeatable:
            self._search_for(now, full)
            return
        slot = route.pick(now)
        connection = slot.reuse() if slot is not None else None
        if slot is None:
            self._search_for(now, full)
        elif connection is None:
            self._start_search(now).connect(slot, now)
        else:
            self.enter(slot)
            self.account.connect_ms = 0
            self._send(connection, now)

    def _start_search(self, now: float) -> Search:
        self._search = Search(self.context, self.route, self, now)
        return self._search

    def _search_for(self, now: float, full: bool) -> None:
        search = self._start_search(now)
        if full:
            search.refuse_backlog()
        else:
            search.ask(now)

    def enter(self, slot: Slot) -> None:
        """From now on in flight at this dyno."""
        self.slot = slot
        slot.in_flight += 1
        self.account.backend = slot.backend

    def leave_slot(self) -> None:
        """And from now on not."""
        slot, self.slot = self.slot, None
        if slot is not None:
            slot.leave()

    def expire_at(self, moment: float) -> None:
        """Set the one time limit that runs now."""
        self.client.expire_at = moment

    def found(self, connection: DynoConnection, now: float) -> None:
        """The search has found a connection."""
        self._search = None
        self._send(connection, now)

    # -- the request to the dyno ---------------------------------------------------------------------------

    def _send(self, connection: DynoConnection, now: float) -> None:
        self.connection = connection
        connection.serve(self)
        self.account.sent_at = now
        if self.client.write_paused:
            connection.hold_reading()
        connection.transport.write(
            wire.request_head(self._line, self._fields, self._hop, self.account.request_id, self.account.started_at)
        )
        if self._body is None:
            self._uploaded(now)
        else:
            self._start_upload(now)
        if connection.transport.is_closing():
            # The dyno took the connection and closed it before we were told of either.
            connection.abort()
            self.broken(silent=True)

    def _start_upload(self, now: float) -> None:
        early = self.client.take_pending()
        if early:
            self.upload(early)
        else:
            if self._fields.expect:
                self.client.transport.write(_CONTINUE)
            self._expect_client(now)
        if self.uploading and self.client.half_closed:
            self.client_gone()

    @property
    def uploading(self) -> bool:
        """The dyno is there for more of the request's body."""
        return self._body is not None and self.connection is not None and not self._early

    @property
    def discarding(self) -> bool:
        """What the client still sends is not wanted."""
        return self._early

    def upload(self, data: bytes) -> None:
        """Bytes from the client, of the body and perhaps beyond."""
        body, connection = self._body, self.connection
        assert body is not None
        assert connection is not None
        try:
            taken = body.feed(data)
        except BadChunk:
            self.fail(faults.BAD_CHUNK)
            return
        connection.transport.write(data if taken == len(data) else data[:taken])
        now = self.context.clock.monotonic()
        if not body.done:
            if not connection.write_paused:
                self._expect_client(now)
            return
        self._body = None
        self._uploaded(now)
        if taken < len(data):
            self.client.put_back(data[taken:])

    def _uploaded(self, now: float) -> None:
        """All is with the dyno: its time runs (H12)."""
        self._due = faults.H12
        self.client.expire_at = now + self.context.limits.first_byte_s

    def _expect_client(self, now: float) -> None:
        self._due = faults.H28
        self.client.expire_at = now + self.context.limits.idle_s

    def hold_upload(self) -> None:
        """The dyno reads slower than the client sends: the client waits, and the dyno's time runs."""
        if self.uploading:
            self.client.hold_reading()
            self._uploaded(self.context.clock.monotonic())

    def resume_upload(self) -> None:
        """The dyno has caught up."""
        if self.uploading:
            self.client.resume_reading()
            self._expect_client(self.context.clock.monotonic())

    # -- the answer to the client --------------------------------------------------------------------------

    def interim(self, head: ResponseHead) -> None:
        """Pass a 1xx on, where the client can understand it and has not had it from us."""
        if not self.unchunk and not (head.status == 100 and self._fields.expect):
            self.client.transport.write(head.keep)

    def whole(self, head: ResponseHead, body: bytes, reusable: bool) -> None:
        """Pass an answer on that came in one piece, as most do."""
        out = self._opened(head, False) + body
        self.account.bytes = len(out)
        self.client.transport.write(out)
        self.end(reusable)

    def begin(self, head: ResponseHead, body: bytes, until_close: bool) -> None:
        """Pass the head on, and what has come of the body."""
        self.carry(self._opened(head, until_close) + body)

    def _opened(self, head: ResponseHead, until_close: bool) -> bytes:
        """The head for the client, who from here on has seen something."""
        self._early = self._body is not None
        self._until_close = until_close or (self.unchunk and head.chunked)
        self._begun = True
        self.account.status = head.status
        if self._early or self._until_close or self.context.closing:
            self._keep = False
        if self.unchunk:
            return head.unchunked if head.chunked else head.http10 if self._keep else head.close
        return head.keep if self._keep else head.close

    def carry(self, body: bytes) -> None:
        """Pass bytes on."""
        self.account.bytes += len(body)
        client = self.client
        self._due = faults.H28 if client.write_paused else faults.H15
        client.expire_at = self.context.clock.monotonic() + self.context.limits.idle_s
        client.transport.write(body)

    def hold_download(self) -> None:
        """The client reads slower than the dyno answers."""
        if self.connection is not None and self._begun:
            self.connection.hold_reading()
            self._expect_client(self.context.clock.monotonic())

    def resume_download(self) -> None:
        """The client has caught up."""
        if self.connection is not None:
            self.connection.resume_reading()
        if self._begun:
            self._due = faults.H15
            self.client.expire_at = self.context.clock.monotonic() + self.context.limits.idle_s

    def end(self, reusable: bool) -> None:
        """The answer is whole."""
        connection = self.connection
        assert connection is not None
        self.connection = None
        now = self.context.clock.monotonic()
        self._close_account(now, None)
        if reusable and not self._early:
            connection.rest(now)
        elif self._early:
            connection.abort()
        else:
            connection.close()
        self.client.done(self._keep, self._early, now)

    def switch(self, head: ResponseHead, rest: bytes) -> None:
        """The dyno leaves HTTP, if the client asked for that."""
        connection = self.connection
        if not self._fields.upgrade or self._body is not None or connection is None:
            self.fail(faults.H17)
            return
        self.connection = None
        self._leave()
        self.account.status = 101
        self.account.bytes = len(head.keep) + len(rest)
        tunnel = Tunnel(self.context, self._tunnel_ended)
        dyno = connection.leave_to(tunnel.dyno)
        dyno.write(self.client.take_pending())
        client = self.client.leave_to(tunnel.client)
        client.write(head.keep + rest)
        tunnel.open(client, dyno)
        if self.client.half_closed:
            tunnel.client.end()

    def _tunnel_ended(self, size: int, fault: Fault | None) -> None:
        self.account.bytes += size
        self.context.journal.add(self.account.record(self.context.clock.monotonic(), fault))

    # -- what goes wrong -----------------------------------------------------------------------------------

    def expire(self, now: float) -> None:
        """A time limit has passed."""
        if self._search is not None:
            self._search.expire(now)
        else:
            self.fail(self._due)

    def broken(self, silent: bool) -> None:
        """The dyno's connection is gone before the answer was whole."""
        connection, slot = self.connection, self.slot
        if self._over or connection is None or slot is None:
            return
        now = self.context.clock.monotonic()
        crossed = silent and connection.reused and now - self.account.sent_at < RETRY_WITHIN_S
        if not crossed:
            self.fail(faults.H13 if silent else faults.H18)
            return
        self.connection = None
        self.repeatable = False
        self.leave_slot()
        search = self._start_search(now)
        if slot.taking:
            search.connect(slot, now)
        else:
            search.ask(now)

    def client_gone(self) -> None:
        """The client hung up; nobody is there to answer."""
        self.fail(faults.H27)

    def fail(self, fault: Fault) -> None:
        """End with a fault: the router's page if nothing was answered yet, else a visibly broken answer."""
        if self._over:
            return
        if self._search is not None:
            self._search.stop()
            self._search = None
        unread = self._body is not None
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abort()
        elif self.slot is None and fault not in (faults.H19, faults.H21):
            self.account.backend = None
        now = self.context.clock.monotonic()
        self._close_account(now, fault)
        if self._begun:
            self.client.truncate(self._until_close)
        elif fault.status == 499:
            self.client.truncate(reset=False)
        else:
            keep = self._keep and not unread and not self.context.closing
            self.client.refuse(fault, self.head_only, keep)
            self.client.done(keep, unread, now)

    def _close_account(self, now: float, fault: Fault | None) -> None:
        self._leave()
        self.context.journal.add(self.account.record(now, fault))

    def _leave(self) -> None:
        """From now on this is no request in flight."""
        self._over = True
        slot, self.slot = self.slot, None
        if slot is not None:
            slot.leave()
        self.route.in_flight_total -= 1


def _request_body(fields: Fields) -> Body:
    return ChunkedBody() if fields.chunked else LengthBody(fields.length or 0)
