"""Lets dynos on other machines reach what listens on 127.0.0.1 here: add-ons, and the router's ports.

Each port that a config var names is listened on at one more address, the one nodes know this machine by, and only
nodes are let in.
"""

import asyncio
import errno
import ipaddress
from collections.abc import Callable, Iterable
from contextlib import suppress

from minipaas.errors import DynoProblem

_PIECE_BYTES = 64 * 1024
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Relay:
    """`address` is where nodes reach this machine; `nodes` tells theirs, `networks` are the local engine's own."""

    def __init__(self, address: str, nodes: Callable[[], Iterable[str]], networks: Iterable[Network] = ()) -> None:
        self.address = address
        self._nodes = nodes
        self._networks = tuple(networks)
        self._doors: dict[int, asyncio.Server | None] = {}
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self, ports: Iterable[int]) -> None:
        """Relay these from now on.

        Raises:
            DynoProblem: this machine has no such address.
        """
        for port in ports:
            if port not in self._doors:
                self._doors[port] = None  # who comes meanwhile need not try, too
                self._doors[port] = await self._listen(port)

    async def _listen(self, port: int) -> asyncio.Server | None:
        """None where something listens there already, on every address: then nodes reach it without us."""
        try:
            return await asyncio.start_server(lambda r, w: self._met(port, r, w), self.address, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return None
            del self._doors[port]
            raise DynoProblem(
                f"cannot let nodes reach port {port} here: {error.strerror}",
                f"nodes reach this machine as {self.address}; MINIPAAS_SWARM_ADDRESS says otherwise",
            ) from error

    def _met(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = str(writer.get_extra_info("peername")[0])
        if not self.lets_in(peer):
            writer.close()
            return
        talk = asyncio.ensure_future(_join(port, reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    def lets_in(self, peer: str) -> bool:
        """A node, a container on this machine, or this machine itself."""
        if peer == self.address or peer in set(self._nodes()):
            return True
        address = ipaddress.ip_address(peer)
        return any(address in network for network in self._networks)

    async def close(self) -> None:
        """Close all doors, and end what passes them."""
        for door in self._doors.values():
            if door is not None:
                door.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


async def _join(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(_pass(reader, there_writer), _pass(there_reader, writer))
    finally:
        for each in (writer, there_writer):
            each.close()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Bytes as they come, to the end, which is passed on too; a half that breaks ends as if it had been told."""
    with suppress(OSError):
        while piece := await source.read(_PIECE_BYTES):
            target.write(piece)
            await target.drain()
    with suppress(OSError, RuntimeError):
        target.write_eof()
