"""The router: ports, apps, and an orderly end. The control plane talks to this class and to `AppRoute`."""

import asyncio
import errno
import random
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from minipaas.clock import Clock
from minipaas.errors import Missing, PortTaken
from minipaas.limits import Limits
from minipaas.router.context import Context
from minipaas.router.door import BACKLOG, Door
from minipaas.router.journal import Journal
from minipaas.router.route import AppRoute, at_random, round_robin
from minipaas.router.sweep import Sweep
from minipaas.router.table import Hosts

if TYPE_CHECKING:
    from minipaas.model.request import RequestRecord
    from minipaas.router.exchange import Exchange
    from minipaas.router.tape import Tape

#: Time limits are looked at this often at least.
_STEP_S = 0.5


class Router:
    """Takes HTTP/1.1 on its ports and brings it to web dynos.

    Args:
        limits: Heroku's time limits, or shorter ones.
        clock: for every time limit and time stamp.
        on_records: called on the loop with the requests that ended, in order; must not block.
        policy: `round-robin` or `random`.
        rng: for `random`, and for request ids.
        keep: gets a copy of each exchange that is over; must not block. None: no copies are made.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        clock: Clock,
        on_records: "Callable[[Sequence[RequestRecord]], None]",
        policy: str = "round-robin",
        rng: random.Random,
        keep: "Callable[[Tape, RequestRecord], None] | None" = None,
    ) -> None:
        self._keep = keep
        self._pick = {"round-robin": round_robin, "random": at_random(rng)}[policy]
        self._journal = Journal(on_records)
        self._context = Context(
            clock=clock,
            limits=limits,
            rng=rng,
            journal=self._journal,
            sweep=Sweep(clock, min(_STEP_S, _shortest(limits) / 2)),
        )
        self._hosts: Hosts[AppRoute] = Hosts()
        self._doors: list[Door] = []
        self._own_doors: dict[str, Door] = {}
        self._connection: Callable[[Door], asyncio.Protocol] | None = None

    def add_app(self, app: str, hosts: tuple[str, ...] = ()) -> AppRoute:
        """Make an app known: at the front door by the first label of the host, or by one of `hosts` exactly."""
        route = AppRoute(app, self._pick)
        self._hosts.add(app, route, hosts)
        return route

    def remove_app(self, app: str) -> None:
        """Forget an app and close its own port; requests it has in flight end as they would have."""
        route = self._hosts.remove(app)
        if route is not None:
            route.close()
        door = self._own_doors.pop(app, None)
        if door is not None:
            door.close()

    async def listen(self, address: str, port: int) -> int:
        """Take a port as the front door of all apps, 0 for any. Returns the port; clients wait there for `open`.

        Raises:
            PortTaken: something else listens there.
            Missing: the address is not this machine's, or the port not ours to take.
        """
        door = await self._door(address, port, self._hosts.find)
        self._doors.append(door)
        return door.port

    async def listen_app(self, app: str, address: str, port: int) -> int:
        """Take a port for one app whatever the host, 0 for any. Returns the port; clients wait there for `open`.

        Raises:
            PortTaken: something else listens there.
            Missing: the address is not this machine's, or the port not ours to take.
        """
        door = self._own_doors[app] = await self._door(address, port, lambda _host: self._hosts.named(app))
        return door.port

    async def open(self) -> None:
        """Let clients in, on the ports taken so far and on every further one at once; a second call does nothing."""
        if self._connection is None:
            from minipaas.router.client import ClientConnection  # noqa: PLC0415  a dyno boots while this loads

            self._connection = partial(ClientConnection, self._context, make=self._maker())
            for door in (*self._doors, *self._own_doors.values()):
                await door.open(self._connection)

    def _maker(self) -> "Callable[..., Exchange]":
        if self._keep is not None:
            from minipaas.router.taped import TapedExchange  # noqa: PLC0415  few record

            return partial(TapedExchange, self._keep)
        from minipaas.router.exchange import Exchange  # noqa: PLC0415  with what is loaded above

        return Exchange

    async def _door(self, address: str, port: int, find: Callable[[str], AppRoute | None]) -> Door:
        door = Door(_listener(address, port), find)
        if self._connection is not None:
            await door.open(self._connection)
        return door

    async def close(self, grace_s: float) -> None:
        """Take no more, let requests in flight end for up to `grace_s` seconds, then cut what is left.

        Tunnels are cut once the requests are through.
        """
        context = self._context
        context.closing = True
        for door in (*self._doors, *self._own_doors.values()):
            door.close()
        for client in list(context.clients):
            client.retire()
        await self._clients_gone(grace_s)
        for party in (*context.clients, *context.tunnels):
            party.cut()
        await self._clients_gone(1.0)
        for route in self._hosts.all():
            route.close()
        context.sweep.stop()
        self._journal.flush()

    async def _clients_gone(self, within_s: float) -> None:
        context = self._context
        empty = asyncio.Event()
        context.on_client_gone = lambda: None if context.clients else empty.set()
        if not context.clients:
            return
        timer = context.clock.call_later(within_s, empty.set)
        await empty.wait()
        timer.cancel()


def _shortest(limits: Limits) -> float:
    return min(
        limits.first_byte_s,
        limits.idle_s,
        limits.boot_wait_s,
        limits.connect_s,
        limits.quarantine_s,
        limits.keepalive_s,
        limits.head_s,
    )


def _listener(address: str, port: int) -> socket.socket:
    """A listening socket that may follow at once upon one whose owner was killed."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"cannot listen on {address}:{port}: port {port} is in use", "choose another port with `--port`"
            ) from error
        raise Missing(f"cannot listen on {address}:{port}: {(error.strerror or 'failed').lower()}") from error
    listener.setblocking(False)
    return listener
