"""The router: ports, apps, and an orderly end. The control plane talks to this class and to `AppRoute`."""

import asyncio
import errno
import random
import socket
from collections.abc import Callable, Sequence

from minipaas.clock import Clock
from minipaas.errors import Missing, PortTaken
from minipaas.limits import Limits
from minipaas.model.request import RequestRecord
from minipaas.router.client import ClientConnection, Door
from minipaas.router.context import Context
from minipaas.router.journal import Journal
from minipaas.router.route import AppRoute, at_random, round_robin
from minipaas.router.sweep import Sweep
from minipaas.router.table import Hosts

#: Time limits are looked at this often at least.
_STEP_S = 0.5
_BACKLOG = 1024


class Router:
    """Takes HTTP/1.1 on its ports and brings it to web dynos.

    Args:
        limits: Heroku's time limits, or shorter ones.
        clock: for every time limit and time stamp.
        on_records: called on the loop with the requests that ended, in order; must not block.
        policy: `round-robin` or `random`.
        rng: for `random`, and for request ids.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        clock: Clock,
        on_records: Callable[[Sequence[RequestRecord]], None],
        policy: str = "round-robin",
        rng: random.Random,
    ) -> None:
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
        # The loop itself holds a server weakly only (uvloop closes one that is collected).
        self._doors: list[asyncio.Server] = []
        self._own_doors: dict[str, asyncio.Server] = {}

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
        """Open the front door for all apps; port 0 takes any. Returns the port.

        Raises:
            PortTaken: something else listens there.
            Missing: the address is not this machine's, or the port not ours to take.
        """
        server, port = await self._open(address, port, self._hosts.find)
        self._doors.append(server)
        return port

    async def listen_app(self, app: str, address: str, port: int) -> int:
        """Open an app's own port, for whatever host; port 0 takes any. Returns the port.

        Raises:
            PortTaken: something else listens there.
            Missing: the address is not this machine's, or the port not ours to take.
        """
        server, port = await self._open(address, port, lambda _host: self._hosts.named(app))
        self._own_doors[app] = server
        return port

    async def _open(
        self, address: str, port: int, find: Callable[[str], AppRoute | None]
    ) -> tuple[asyncio.Server, int]:
        listener = _listener(address, port)
        port = listener.getsockname()[1]
        door = Door(find, str(port).encode())
        server = await asyncio.get_running_loop().create_server(
            lambda: ClientConnection(self._context, door), sock=listener, backlog=_BACKLOG
        )
        return server, port

    async def close(self, grace_s: float) -> None:
        """Take no more, let requests in flight end for up to `grace_s` seconds, then cut what is left.

        Tunnels are cut once the requests are through.
        """
        context = self._context
        context.closing = True
        for server in (*self._doors, *self._own_doors.values()):
            server.close()
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
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"cannot listen on {address}:{port}: port {port} is in use", "choose another port with `--port`"
            ) from error
        raise Missing(f"cannot listen on {address}:{port}: {(error.strerror or 'failed').lower()}") from error
    listener.setblocking(False)
    return listener
