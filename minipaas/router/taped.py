"""An exchange that keeps a copy of what passes, for a router that records. One that does not never sees this file."""

from collections.abc import Callable

from minipaas.model.request import RequestRecord
from minipaas.router.account import Account
from minipaas.router.context import Context
from minipaas.router.exchange import Exchange
from minipaas.router.fault import Fault
from minipaas.router.head import Fields, RequestLine
from minipaas.router.head_response import ResponseHead
from minipaas.router.route import AppRoute
from minipaas.router.sides import Client
from minipaas.router.tape import Tape


class TapedExchange(Exchange):
    """Passes everything on as its parent does.

    Args:
        keep: gets the copy once the exchange is over; must not block.
    """

    __slots__ = ("_keep_tape", "_tape")

    def __init__(
        self,
        keep: Callable[[Tape, RequestRecord], None],
        context: Context,
        client: Client,
        route: AppRoute,
        line: RequestLine,
        fields: Fields,
        hop: bytes,
        account: Account,
    ) -> None:
        super().__init__(context, client, route, line, fields, hop, account)
        self._keep_tape = keep
        self._tape = Tape(line.minor, fields.kept, route.https, fields.chunked, fields.length or 0)

    def upload(self, data: bytes) -> None:
        """Bytes from the client, of the body and perhaps beyond."""
        self._tape.sent(data)
        super().upload(data)

    def whole(self, head: ResponseHead, body: bytes, reusable: bool) -> None:
        """The final head and all of the body."""
        self._tape.answered(head.keep, chunked=False, body=body)
        super().whole(head, body, reusable)

    def begin(self, head: ResponseHead, body: bytes, until_close: bool) -> None:
        """The final head, and the body as far as it came along."""
        self._tape.answered(head.keep, chunked=head.chunked and not self.unchunk, body=body)
        super().carry(self._opened(head, until_close) + body)

    def carry(self, body: bytes) -> None:
        """More of the body."""
        self._tape.more(body)
        super().carry(body)

    def switch(self, head: ResponseHead, rest: bytes) -> None:
        """The dyno leaves HTTP: of a tunnel only the opening is kept."""
        self._tape.answered(head.keep, chunked=False, body=b"")
        super().switch(head, rest)

    def _close_account(self, now: float, fault: Fault | None) -> None:
        super()._close_account(now, fault)
        self._keep_tape(self._tape, self.account.record(now, fault))

    def _tunnel_ended(self, size: int, fault: Fault | None) -> None:
        super()._tunnel_ended(size, fault)
        self._keep_tape(self._tape, self.account.record(self.context.clock.monotonic(), fault))
