"""What the two connections of an exchange and the exchange itself expect of each other."""

import asyncio
from typing import Protocol

from minipaas.router.fault import Fault
from minipaas.router.head_response import ResponseHead


class Client(Protocol):
    """The client's side, as an exchange uses it."""

    transport: asyncio.Transport
    write_paused: bool
    expire_at: float
    half_closed: bool

    def take_pending(self) -> bytes:
        """What came after the head and was not read yet."""

    def put_back(self, data: bytes) -> None:
        """This belongs to the next request."""

    def hold_reading(self) -> None:
        """Read no more until told."""

    def resume_reading(self) -> None:
        """Read again."""

    def refuse(self, fault: Fault, head_only: bool, keep: bool) -> None:
        """Answer with the router's page."""

    def truncate(self, reset: bool) -> None:
        """End a response that cannot be completed; `reset` where a plain close would look complete."""

    def done(self, keep: bool, unread: bool, now: float) -> None:
        """The exchange is over; `unread` when bytes of its request may still come, `now` is monotonic."""

    def leave_to(self, protocol: asyncio.BaseProtocol) -> asyncio.Transport:
        """Give the transport away, to a tunnel."""


class Asker(Protocol):
    """The exchange a connection serves."""

    #: HEAD: the response has no body whatever its head says.
    head_only: bool
    #: The client does not know chunks (HTTP/1.0).
    unchunk: bool

    def interim(self, head: ResponseHead) -> None:
        """A 1xx but 101."""

    def switch(self, head: ResponseHead, rest: bytes) -> None:
        """101, and what came after it."""

    def whole(self, head: ResponseHead, body: bytes, reusable: bool) -> None:
        """The final head and all of the body; `reusable` as in `end`."""

    def begin(self, head: ResponseHead, body: bytes, until_close: bool) -> None:
        """The final head, and the body as far as it came along."""

    def carry(self, body: bytes) -> None:
        """More of the body."""

    def end(self, reusable: bool) -> None:
        """The response has ended; `reusable` when the connection can serve another request."""

    def fail(self, fault: Fault) -> None:
        """The response cannot be passed on."""

    def broken(self, silent: bool) -> None:
        """The connection is gone too early; `silent` when not a byte of a response came."""

    def hold_upload(self) -> None:
        """The dyno does not take the request's body as fast as it comes."""

    def resume_upload(self) -> None:
        """It does again."""
