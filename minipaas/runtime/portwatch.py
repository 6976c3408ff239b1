"""Waiting for a web dyno to bind $PORT."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from minipaas.clock import Clock, Timer

if TYPE_CHECKING:
    from minipaas.runtime.sockets import Listening

#: The first look comes after this many seconds, later ones after a share of the time waited so far.
_FIRST_S = 0.001
_LAST_S = 0.2
_SHARE = 0.04

#: Looks at the machine's sockets for the (port, address) pairs that are waited for.
Look = Callable[[Iterable[tuple[int, str]]], "Iterable[Listening]"]


class _Wait:
    def __init__(self, port: int, address: str, since: float, done: asyncio.Future[str]) -> None:
        self.port = port
        self.address = address
        self.since = since
        self.done = done


class PortWatch:
    """One look serves all dynos that boot; nobody boots, nothing is looked at."""

    def __init__(self, clock: Clock, look: Look | None = None) -> None:
        self._clock = clock
        self._look = look or (_look if sys.platform.startswith("linux") else _knock)
        self._waits: list[_Wait] = []
        self._timer: Timer | None = None

    async def bound(self, port: int, address: str) -> str:
        """Wait until somebody listens on `port` where a connection to `address` arrives; what they bound.

        `0.0.0.0`, `::` or `address` itself. A socket on 127.0.0.1 is not reached from a host with an address
        of its own, so it does not count there. Waits for ever: put a timeout around it.
        """
        wait = _Wait(port, address, self._clock.monotonic(), asyncio.get_running_loop().create_future())
        self._waits.append(wait)
        self._look_after(0)
        try:
            return await wait.done
        finally:
            self._waits.remove(wait)

    def _look_after(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(delay_s, self._turn)

    def _turn(self) -> None:
        self._timer = None
        waits = [wait for wait in self._waits if not wait.done.done()]
        if not waits:
            return
        found = list(self._look((wait.port, wait.address) for wait in waits))
        for wait in waits:
            for one in found:
                if one.port == wait.port and one.reached_from(wait.address):
                    wait.done.set_result(one.address)
                    break
        self._again()

    def _again(self) -> None:
        """The youngest wait sets the pace."""
        left = [wait.since for wait in self._waits if not wait.done.done()]
        if left:
            waited = self._clock.monotonic() - max(left)
            self._look_after(min(max(_FIRST_S, waited * _SHARE), _LAST_S))


class Watch(Protocol):
    """See `PortWatch`."""

    async def bound(self, port: int, address: str) -> str:
        """Wait until `address`:`port` can be reached; the address that was bound."""


def port_watch(clock: Clock, *, remote: bool) -> Watch:
    """What tells of ports on this machine, or on `remote` ones."""
    if not remote:
        return PortWatch(clock)
    from minipaas.runtime.swarm.knock import KnockWatch  # noqa: PLC0415  the exception

    return KnockWatch(clock)


def _look(_wanted: Iterable[tuple[int, str]]) -> "Iterable[Listening]":
    from minipaas.runtime.sockets import listening  # noqa: PLC0415  the dyno boots meanwhile

    return listening()


def _knock(wanted: Iterable[tuple[int, str]]) -> "Iterable[Listening]":
    """Where the listening table is not to be had cheaply: try to connect."""
    from minipaas.runtime.sockets import Listening  # noqa: PLC0415

    for port, address in wanted:
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex((address, port)) == 0:
                yield Listening(address, port)
