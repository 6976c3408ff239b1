"""Ports, hosts, and what stands at them."""

import asyncio
import random
import socket
import subprocess
import sys

import pytest

from minipaas.clock import SystemClock
from minipaas.errors import Missing, PortTaken
from minipaas.limits import Limits
from minipaas.router.router import Router
from tests.router.rig import OK, always, rig


async def test_the_front_door_tells_apps_by_host_and_an_apps_own_port_takes_any() -> None:
    async with rig() as world:
        await world.dyno("web.1", always)
        world.router.add_app("blog").deployed = False
        own = await world.router.listen_app("blog", "127.0.0.1", 0)
        for port, host, app in (
            (world.port, "shop.localhost", "shop"),
            (world.port, f"SHOP.localhost:{world.port}", "shop"),
            (world.port, "shop.lvh.me", "shop"),
            (world.port, "blog.localhost", "blog"),
            (own, "127.0.0.1", "blog"),
            (own, "shop.localhost", "blog"),
            (world.port, "127.0.0.1", ""),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            await reader.read()
            writer.close()
            assert world.records[-1].app == app


async def test_a_port_in_use_is_named() -> None:
    async with rig() as world:
        with pytest.raises(PortTaken, match=f"cannot listen on 127.0.0.1:{world.port}: port {world.port} is in use"):
            await world.router.listen("127.0.0.1", world.port)
        with pytest.raises(PortTaken):
            await world.router.listen_app("shop", "127.0.0.1", world.port)


async def test_an_address_that_is_not_ours_is_no_port_taken() -> None:
    async with rig() as world:
        with pytest.raises(Missing, match=r"cannot listen on 192\.0\.2\.1:0: cannot assign") as caught:
            await world.router.listen("192.0.2.1", 0)
        assert not isinstance(caught.value, PortTaken)


async def test_ipv6_clients_are_served() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        port = await world.router.listen_app("shop", "::1", 0)
        reader, writer = await asyncio.open_connection("::1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
        server = await dyno.accept()
        assert b"X-Forwarded-For: ::1\r\n" in await server.head()
        server.send(OK)
        assert (await reader.read()).endswith(b"ok")
        writer.close()


async def test_the_port_is_free_again_at_once_after_the_owner_was_killed() -> None:
    script = (
        "import socket,time\n"
        "s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1',0))\n"
        "s.listen(); print(s.getsockname()[1], flush=True); c,_=s.accept(); print('in', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    port = int(owner.stdout.readline())
    with socket.create_connection(("127.0.0.1", port)):
        owner.stdout.readline()
        owner.kill()
        owner.wait()
        owner.stdout.close()
        router = Router(limits=Limits(), clock=SystemClock(), on_records=lambda _: None, rng=random.Random(1))
        assert await router.listen("127.0.0.1", port) == port
        await router.close(0.0)


async def test_records_of_one_round_come_in_one_batch_and_in_order() -> None:
    async with rig() as world:
        world.route.maintenance = True
        client = await world.client()
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" % n for n in range(50)))
        await world.record(50)
        assert [record.path for record in world.records] == [f"/{number}" for number in range(50)]


async def test_the_same_seed_gives_the_same_request_ids() -> None:
    ids = []
    for _ in range(2):
        async with rig() as world:
            world.route.maintenance = True
            client = await world.client()
            client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" * 2)
            await world.record(2)
            ids.append([record.request_id for record in world.records])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


async def test_nothing_is_left_when_all_is_over() -> None:
    async with rig() as world:
        dyno = await world.dyno("web.1", always)
        clients = [await world.client() for _ in range(5)]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
            await client.answer()
        await dyno.stop()
        world.route.remove(dyno.life)
        for client in clients:
            client.close()
        context = world.router._context
        async with asyncio.timeout(5):
            while context.clients or context.sweep._members:
                await asyncio.sleep(0)
        assert world.route.in_flight_total == 0
