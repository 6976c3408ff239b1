"""A slow reader holds its sender back; the router keeps little meanwhile."""

import asyncio

import psutil

from minipaas.model.dyno import DynoState
from tests.router.rig import Wire, rig

#: Sockets on both sides take some megabytes; what the router itself may hold is far below the body.
BODY = 60 * 1024 * 1024
HELD_AT_MOST = 12 * 1024 * 1024


async def pour(wire: Wire, total: int) -> list[int]:
    """Send that many bytes as fast as they are taken; the count so far, for the test to look at."""
    sent = [0]
    piece = b"x" * 65536

    async def run() -> None:
        while sent[0] < total:
            wire.send(piece)
            sent[0] += len(piece)
            await wire.writer.drain()

    _TASKS.add(task := asyncio.ensure_future(run()))
    task.add_done_callback(_TASKS.discard)
    return sent


_TASKS: set[asyncio.Future[None]] = set()


async def settled(sent: list[int]) -> int:
    """How much was taken when nothing moves any more."""
    before = -1
    async with asyncio.timeout(10):
        while sent[0] != before:
            before = sent[0]
            await asyncio.sleep(0.1)
    return before


async def swallow(wire: Wire, total: int) -> None:
    left = total
    async with asyncio.timeout(20):
        while left:
            piece = await wire.reader.read(1 << 20)
            assert piece
            left -= len(piece)


async def test_a_client_that_does_not_read_holds_the_dyno_back() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        server = await dyno.accept()
        await server.head()
        memory = psutil.Process().memory_info().rss
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY)
        await client.head()
        sent = await pour(server, BODY)
        assert await settled(sent) < BODY / 2
        assert psutil.Process().memory_info().rss - memory < HELD_AT_MOST
        await swallow(client, BODY)
        assert (await world.record()).status == 200
        client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await server.head()


async def test_a_dyno_that_does_not_read_holds_the_client_back() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        memory = psutil.Process().memory_info().rss
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: %d\r\n\r\n" % BODY)
        server = await dyno.accept()
        await server.head()
        sent = await pour(client, BODY)
        assert await settled(sent) < BODY / 2
        assert psutil.Process().memory_info().rss - memory < HELD_AT_MOST
        await swallow(server, BODY)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert (await client.answer())[1] == b"ok"


async def test_a_body_for_a_dyno_that_boots_is_not_read_ahead() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": DynoState.STARTING})
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: %d\r\n\r\n" % BODY)
        memory = psutil.Process().memory_info().rss
        sent = await pour(client, BODY)
        assert await settled(sent) < BODY / 2
        assert psutil.Process().memory_info().rss - memory < HELD_AT_MOST
        dyno = await world.dyno()
        server = await dyno.accept()
        await server.head()
        await swallow(server, BODY)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert (await client.answer())[1] == b"ok"


async def test_requests_sent_ahead_without_end_are_not_read_ahead() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        server = await dyno.accept()
        await server.head()
        sent = await pour(client, BODY)
        assert await settled(sent) < BODY / 2
        for task in _TASKS:
            task.cancel()


async def test_a_slow_end_of_a_tunnel_holds_the_other_back() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n")
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 101 Go\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\n")
        await client.head()
        for sender, reader in ((server, client), (client, server)):
            sent = await pour(sender, BODY)
            assert await settled(sent) < BODY / 2
            await swallow(reader, BODY)
