"""The search for a dyno, for a request that could not just take a pooled connection.

It waits while dynos boot, connects, and where a dyno refuses puts that one into quarantine and goes on to the
next. Nothing of the request has been sent to anyone meanwhile, so any request may be carried from dyno to dyno.
"""

import asyncio
import errno
from typing import Protocol

from minipaas.limits import CONNECT_ATTEMPTS
from minipaas.router.account import Account
from minipaas.router.context import Context
from minipaas.router.fault import H11, H19, H20, H21, H99, Fault
from minipaas.router.route import AppRoute
from minipaas.router.slot import Slot
from minipaas.router.table import Go
from minipaas.router.upstream import DynoConnection

#: Errors of this machine, not of the dyno.
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)


class Seeker(Protocol):
    """The exchange a search is for."""

    account: Account
    slot: Slot | None
    #: It may go out on a connection that was used before.
    repeatable: bool

    def enter(self, slot: Slot) -> None:
        """From now on the request counts as in flight at this dyno."""

    def leave_slot(self) -> None:
        """And from now on not."""

    def expire_at(self, moment: float) -> None:
        """Call the search's `expire` then."""

    def found(self, connection: DynoConnection, now: float) -> None:
        """Here is a connection."""

    def fail(self, fault: Fault) -> None:
        """There is none to be had."""


class Search:
    """One request's way to a connection."""

    __slots__ = ("_attempted", "_connecting", "_context", "_due", "_give_up_at", "_last_refusal", "_route", "_seeker")

    def __init__(self, context: Context, route: AppRoute, seeker: Seeker, now: float) -> None:
        self._context = context
        self._route = route
        self._seeker = seeker
        self._give_up_at = now + context.limits.boot_wait_s
        self._attempted: set[str] = set()
        self._last_refusal = H21
        self._connecting: asyncio.Task[None] | None = None
        #: What it means when the seeker's time is up.
        self._due = H20

    def ask(self, now: float) -> None:
        """Do what the app's state says now."""
        gate = self._route.gate
        if gate is Go.SERVE:
            self._route.waiting.pop(self, None)
            self._pick(now)
        elif isinstance(gate, Fault):
            self._seeker.fail(gate)
        else:
            self._wait(H20, self._give_up_at)
            if gate is Go.WAKE:
                self._route.on_wake()

    def ask_again(self) -> None:
        """The app's state has changed while we waited."""
        self.ask(self._context.clock.monotonic())

    def refuse_backlog(self) -> None:
        """Too many are here already: H11, unless the app's state has a reason of its own."""
        gate = self._route.gate
        self._seeker.fail(gate if isinstance(gate, Fault) else H11)

    def _wait(self, due: Fault, until: float) -> None:
        self._route.waiting[self] = None
        self._due = due
        self._seeker.expire_at(until)

    def _pick(self, now: float) -> None:
        slot = self._route.pick(now, self._attempted)
        if slot is not None:
            connection = slot.reuse() if self._seeker.repeatable else None
            if connection is None:
                self.connect(slot, now)
            else:
                self._seeker.enter(slot)
                self._seeker.account.connect_ms = 0
                self._seeker.found(connection, now)
        elif self._attempted:
            self._seeker.fail(self._last_refusal)
        elif now >= self._give_up_at:
            self._seeker.fail(H99)
        else:
            self._wait(H99, min(self._route.quarantine_ends_at(), self._give_up_at))

    def connect(self, slot: Slot, now: float) -> None:
        """Open a new connection to this dyno."""
        self._seeker.enter(slot)
        slot.make_room()
        self._due = H19
        self._seeker.expire_at(now + self._context.limits.connect_s)
        self._connecting = asyncio.get_running_loop().create_task(self._open(slot, now))

    async def _open(self, slot: Slot, since: float) -> None:
        backend = slot.backend
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: DynoConnection(self._context, slot), backend.address, backend.port
            )
        except OSError as error:
            self._connecting = None
            self._refused(slot, H99 if error.errno in _OURS else H21, self._connected(since))
            return
        self._connecting = None
        self._seeker.found(connection, self._connected(since))

    def _connected(self, since: float) -> float:
        """Note how long it took; the time now."""
        now = self._context.clock.monotonic()
        self._seeker.account.connect_ms = int((now - since) * 1000)
        return now

    def _refused(self, slot: Slot, why: Fault, now: float) -> None:
        self._seeker.leave_slot()
        if slot.taking:
            slot.quarantined_until = now + self._context.limits.quarantine_s
            self._attempted.add(slot.backend.life)
            self._last_refusal = why
            if why is H99 or len(self._attempted) >= CONNECT_ATTEMPTS:
                self._seeker.fail(why)
                return
        self.ask(now)

    def expire(self, now: float) -> None:
        """The time given to `expire_at` has come."""
        if self._due is H99 and now < self._give_up_at:
            self.ask(now)
        elif self._due is H19 and self._connecting is not None:
            self._timed_out(now)
        else:
            self._seeker.fail(self._due)

    def _timed_out(self, now: float) -> None:
        slot = self._seeker.slot
        assert slot is not None
        self.stop()
        self._seeker.account.connect_ms = int(self._context.limits.connect_s * 1000)
        self._refused(slot, H19, now)

    def stop(self) -> None:
        """The request is over, or goes on without us."""
        self._route.waiting.pop(self, None)
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
