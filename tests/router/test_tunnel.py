"""After 101 the router moves bytes and nothing else."""

import asyncio

from minipaas.limits import Limits
from tests.fakes import FakeClock
from tests.router.rig import Dyno, Rig, Wire, rig

ASK = (
    b"GET /live HTTP/1.1\r\nHost: shop.localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
YES = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


async def opened(world: Rig, dyno: Dyno, early: bytes = b"") -> tuple[Wire, Wire]:
    """Both ends of a tunnel; `early` follows the 101 in one write."""
    client = await world.client()
    client.send(ASK)
    server = await dyno.accept()
    head = await server.head()
    assert b"Upgrade: websocket\r\n" in head
    assert b"Connection: Upgrade\r\n" in head
    server.send(YES + early)
    head = await client.head()
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
    assert b"Connection: Upgrade\r\n" in head
    assert b"Sec-WebSocket-Accept" in head
    return client, server


async def test_bytes_go_both_ways_untouched_also_those_with_the_101() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client, server = await opened(world, dyno, early=b"\x81\x02hi")
        assert await client.exactly(4) == b"\x81\x02hi"
        blob = bytes(range(256)) * 1000
        client.send(blob)
        assert await server.exactly(len(blob)) == blob
        server.send(blob)
        assert await client.exactly(len(blob)) == blob
        client.close()
        assert await server.rest() == b""
        server.close()
        record = await world.record()
        assert (record.status, record.path, record.dyno, record.code) == (101, "/live", "web.1", "")
        assert record.bytes is not None
        assert record.bytes > len(blob)


async def test_what_the_client_sent_ahead_goes_into_the_tunnel() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(ASK + b"ahead")
        server = await dyno.accept()
        await server.head()
        assert await server.open_still()
        server.send(YES)
        assert await server.exactly(5) == b"ahead"


async def test_each_direction_ends_by_itself() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client, server = await opened(world, dyno)
        client.send(b"last words")
        client.close_half()
        assert await server.rest() == b"last words"
        server.send(b"still talking")
        assert await client.exactly(13) == b"still talking"
        server.close()
        assert await client.rest() == b""
        await world.record()
        assert len(world.records) == 1


async def test_a_tunnel_ends_with_either_side() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        for first in ("client", "dyno"):
            client, server = await opened(world, dyno)
            (client if first == "client" else server).reset()
            assert await (server if first == "client" else client).rest() in (b"", b"<reset>")
        await world.record(2)


async def test_an_answer_but_101_stays_http() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        for _ in range(2):
            client.send(ASK)
            server = await dyno.accept()
            await server.head()
            server.send(b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno")
            assert (await client.answer())[1] == b"no"


async def test_expect_and_upgrade_together() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(ASK.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"))
        server = await dyno.accept()
        await server.head()
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"body")
        assert await server.exactly(4) == b"body"
        server.send(YES)
        assert (await client.head()).startswith(b"HTTP/1.1 101 ")
        client.send(b"ping")
        assert await server.exactly(4) == b"ping"


async def test_a_tunnel_is_no_request_in_flight_and_survives_a_drain() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client, server = await opened(world, dyno)
        assert world.route.in_flight(dyno.life) == 0
        assert world.route.in_flight_total == 0
        async with asyncio.timeout(5):
            await world.route.drain(dyno.life)
        client.send(b"still here")
        assert await server.exactly(10) == b"still here"


async def test_h15_a_silent_tunnel_is_closed_and_any_byte_keeps_it(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client, server = await opened(world, dyno)
        for _ in range(3):
            await clock.advance(50)
            client.send(b".")
            await server.exactly(1)
        await clock.advance(56)
        assert await client.rest() in (b"", b"<reset>")
        record = await world.record()
        assert (record.code, record.desc, record.dyno) == ("H15", "Idle connection", "web.1")
        assert len(world.records) == 1


async def test_h12_does_not_touch_a_tunnel(clock: FakeClock) -> None:
    async with rig(clock, Limits(idle_s=1000)) as world:
        dyno = await world.dyno()
        client, server = await opened(world, dyno)
        await clock.advance(100)
        client.send(b"x")
        assert await server.exactly(1) == b"x"


async def test_closing_the_router_cuts_tunnels_without_waiting_for_them() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client, _server = await opened(world, dyno)
        async with asyncio.timeout(2):
            await world.router.close(30.0)
        assert await client.rest() == b""
        assert len(world.records) == 1
