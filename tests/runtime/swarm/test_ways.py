"""The ways between nodes and this machine: the relay, and the knock."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator

import pytest

from minipaas.clock import SystemClock
from minipaas.runtime.swarm.knock import KnockWatch
from minipaas.runtime.swarm.relay import Relay
from tests.runtime.place import within


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server on 127.0.0.1 that says everything twice."""

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(2 * await reader.read())
        writer.close()

    server = await asyncio.start_server(twice, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def ask(address: str, port: int, source: str) -> bytes:
    reader, writer = await asyncio.open_connection(address, port, local_addr=(source, 0))
    try:
        writer.write(b"ab")
        writer.write_eof()
        return await within(reader.read())
    except OSError:
        return b""
    finally:
        writer.close()


async def test_nodes_reach_what_listens_here_and_nobody_else_does(echo: int) -> None:
    networks = [ipaddress.ip_network("127.7.0.0/16")]
    relay = Relay("127.0.0.9", lambda: ["127.0.0.2"], networks)
    await relay.open([echo])
    await relay.open([echo])
    try:
        assert await ask("127.0.0.9", echo, "127.0.0.2") == b"abab"
        assert await ask("127.0.0.9", echo, "127.7.0.3") == b"abab"
        assert await ask("127.0.0.9", echo, "127.0.0.3") == b""
    finally:
        await relay.close()


async def test_what_listens_on_every_address_needs_no_relay() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        relay = Relay("127.0.0.9", list)
        await relay.open([server.getsockname()[1]])
        await relay.close()


async def test_a_relayed_port_that_nobody_serves_closes_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    relay = Relay("127.0.0.9", lambda: ["127.0.0.2"])
    await relay.open([port])
    try:
        assert await ask("127.0.0.9", port, "127.0.0.2") == b""
    finally:
        await relay.close()


async def test_a_port_is_bound_when_a_connection_is_taken_and_kept() -> None:
    opened: list[bool] = []
    over = asyncio.Event()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Closes what comes before the app is there, as an engine's own proxy does."""
        opened.append(len(opened) >= 2)
        if opened[-1]:
            await reader.read()
        writer.close()
        await writer.wait_closed()
        if opened[-1]:
            over.set()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        assert await within(KnockWatch(SystemClock()).bound(port, "127.0.0.1")) == "127.0.0.1"
        assert opened == [False, False, True]
        await within(over.wait())
    finally:
        server.close()
