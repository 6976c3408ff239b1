"""Dynos come, drain and go under load, and no request notices."""

import asyncio
import random

import pytest

from minipaas.limits import Limits
from minipaas.model.dyno import DynoState
from tests.router.rig import GET, OK, Dyno, Rig, Wire, always, rig

CLOSE = b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 5\r\n\r\nhello"


async def keep_asking(world: Rig, ended: asyncio.Event, request: bytes, answers: list[bytes]) -> None:
    """One client that asks again and again on one connection, or on a new one each time."""
    client = await world.client()
    while not ended.is_set():
        client.send(request)
        head, body = await client.answer()
        answers.append(head[9:12] + body)
        if request is CLOSE:
            client.close()
            client = await world.client()


async def graceful(wire: Wire) -> None:
    """A dyno that takes a moment for each answer."""
    while True:
        try:
            await wire.request()
        except (asyncio.IncompleteReadError, ConnectionError):
            wire.close()
            return
        await asyncio.sleep(0)
        wire.send(OK)


async def test_200_rounds_of_add_drain_remove_lose_no_request() -> None:
    async with rig() as world:
        ended = asyncio.Event()
        answers: list[bytes] = []
        current = await world.dyno("web.1", graceful)
        async with asyncio.TaskGroup() as group, asyncio.timeout(60):
            for request in (GET, GET, POST, CLOSE):
                group.create_task(keep_asking(world, ended, request, answers))
            for _ in range(200):
                current = await replace(world, current)
                seen = len(answers)
                while len(answers) < seen + 3:
                    await asyncio.sleep(0)
            ended.set()
        assert set(answers) == {b"200ok"}
        await world.record(len(answers))
        assert {record.code for record in world.records} == {""}
        assert len({record.life for record in world.records}) >= 190


async def replace(world: Rig, old: Dyno) -> Dyno:
    """What a restart does: the new one joins, the old one drains and ends."""
    new = await world.dyno("web.1", graceful)
    async with asyncio.timeout(5):
        await world.route.drain(old.life)
    assert world.route.in_flight(old.life) == 0
    await old.stop()
    world.route.remove(old.life)
    return new


async def test_requests_wait_over_a_restart_without_overlap() -> None:
    async with rig() as world:
        ended = asyncio.Event()
        answers: list[bytes] = []
        current = await world.dyno("web.1", graceful)
        async with asyncio.TaskGroup() as group, asyncio.timeout(30):
            for request in (GET, POST, CLOSE):
                group.create_task(keep_asking(world, ended, request, answers))
            for _ in range(30):
                async with asyncio.timeout(5):
                    await world.route.drain(current.life)
                world.route.set_dynos({"web.1": DynoState.STARTING})
                await current.stop()
                world.route.remove(current.life)
                current = await world.dyno("web.1", graceful)
                seen = len(answers)
                while len(answers) < seen + 3:
                    await asyncio.sleep(0)
            ended.set()
        assert set(answers) == {b"200ok"}


async def test_a_drain_waits_for_the_request_in_flight_and_closes_idle_connections() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        first, second = await world.client(), await world.client()
        first.send(GET)
        second.send(GET)
        busy, idle = await dyno.accept(), await dyno.accept()
        await busy.head()
        await idle.head()
        idle.send(OK)
        await world.record()
        drained = asyncio.ensure_future(world.route.drain(dyno.life))
        assert await idle.rest() == b""
        assert world.route.in_flight(dyno.life) == 1
        assert not drained.done()
        busy.send(OK)
        async with asyncio.timeout(5):
            await drained
        assert await busy.rest() == b""


async def test_a_request_whose_dyno_is_gone_before_the_connect_takes_another() -> None:
    async with rig() as world:
        dead = await world.dyno("web.1", always)
        dead.server.close()
        await dead.server.wait_closed()
        await world.dyno("web.2", always)
        client = await world.client()
        client.send(POST)
        assert (await client.answer())[1] == b"ok"
        assert (await world.record()).dyno == "web.2"


async def test_removing_an_app_closes_its_port_and_refuses_what_waits() -> None:
    async with rig() as world:
        port = await world.router.listen_app("shop", "127.0.0.1", 0)
        world.route.set_dynos({"web.1": DynoState.STARTING})
        client = await world.client()
        client.send(GET)
        assert await client.open_still()
        world.router.remove_app("shop")
        assert (await client.answer())[0].startswith(b"HTTP/1.1 503 ")
        client.send(GET)
        assert (await client.answer())[0].startswith(b"HTTP/1.1 404 ")
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)


async def flighty(wire: Wire) -> None:
    """A dyno that closes an idle connection whenever it likes, and never says so."""
    rng = random.Random(id(wire))
    while True:
        await wire.request()
        wire.send(OK)
        if rng.random() < 0.5:
            for _ in range(rng.randrange(4)):
                await asyncio.sleep(0)
            wire.close()
            return


@pytest.mark.parametrize("request_", [GET, POST, GET.replace(b"GET", b"DELETE")], ids=["get", "post", "delete"])
async def test_a_dyno_that_closes_idle_connections_costs_no_request(request_: bytes) -> None:
    async with rig() as world:
        for number in (1, 2):
            await world.dyno(f"web.{number}", flighty)
        clients = [await world.client() for _ in range(4)]

        async def ask(client: Wire) -> None:
            for _ in range(200):
                client.send(request_)
                head, body = await client.answer()
                assert (head[9:12], body) == (b"200", b"ok")

        await asyncio.gather(*map(ask, clients))
        await world.record(800)
        assert {record.code for record in world.records} == {""}


async def test_a_used_connection_that_stays_silent_for_long_is_h13_and_not_asked_again() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await client.answer()
        client.send(GET)
        await server.head()
        await asyncio.sleep(1.05)
        server.close()
        assert (await client.answer())[0].startswith(b"HTTP/1.1 503 ")
        assert (await world.record(2)).code == "H13"
        assert dyno.arrivals.empty()


async def test_a_repeat_goes_out_on_a_new_connection_and_only_once() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await client.answer()
        client.send(GET)
        await server.head()
        server.close()
        again = await dyno.accept()
        await again.head()
        again.close()
        assert (await client.answer())[0].startswith(b"HTTP/1.1 503 ")
        assert (await world.record(2)).code == "H13"
        assert len(world.records) == 2


async def test_a_server_of_one_thread_gets_its_idle_connection_closed_before_a_new_one() -> None:
    """It would never take the second while it waits for more on the first."""
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await client.answer()
        client.send(POST)
        assert await server.rest() == b""
        assert (await (await dyno.accept()).request()).endswith(b"hello")


async def test_close_lets_requests_in_flight_end_and_takes_no_more() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        idle, busy = await world.client(), await world.client()
        idle.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await idle.answer()
        busy.send(GET)
        await server.head()
        closing = asyncio.ensure_future(world.router.close(5.0))
        assert await idle.rest() == b""
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", world.port)
        server.send(OK)
        head, body = await busy.answer()
        assert (body, b"Connection: close\r\n" in head) == (b"ok", True)
        async with asyncio.timeout(5):
            await closing
        assert len(world.records) == 2


async def test_close_cuts_what_does_not_end_and_logs_h24() -> None:
    async with rig(limits=Limits(first_byte_s=30)) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        await (await dyno.accept()).head()
        async with asyncio.timeout(5):
            await world.router.close(0.05)
        assert (await client.rest()).startswith(b"HTTP/1.1 503 ")
        assert [(record.code, record.desc) for record in world.records] == [("H24", "Forced close")]
