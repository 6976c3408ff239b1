"""Ports, hosts, and the wait for a dyno to bind its own."""

import asyncio
import random
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from minipaas.clock import SystemClock
from minipaas.errors import DynoProblem
from minipaas.limits import PORT_RANGE
from minipaas.runtime import ports as ports_module
from minipaas.runtime import sockets
from minipaas.runtime.hosts import make_hosts
from minipaas.runtime.ports import Ports
from minipaas.runtime.portwatch import PortWatch, _knock
from minipaas.runtime.sockets import Listening, listening
from tests.fakes import FakeClock, settle
from tests.runtime.place import within

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's tables are Linux's")


def test_ports_are_drawn_by_chance_within_the_range_and_never_twice() -> None:
    ports = Ports(random.Random(1))
    taken = [ports.take() for _ in range(200)]
    assert len(set(taken)) == 200
    assert taken != sorted(taken)
    assert all(PORT_RANGE[0] <= port <= PORT_RANGE[1] for port in taken)


def test_a_port_that_was_given_back_may_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports_module, "_outside_ephemeral", lambda _wanted: (20000, 20003))
    monkeypatch.setattr(ports_module, "_bindable", lambda _port: True)
    ports = Ports(random.Random(1))
    taken = [ports.take() for _ in range(4)]
    with pytest.raises(DynoProblem, match="cannot find a free port between 20000 and 20003"):
        ports.take()
    ports.give_back(taken[2])
    assert ports.take() == taken[2]


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "127.0.1.2"])
def test_a_port_that_somebody_listens_on_is_not_handed_out(address: str) -> None:
    with socket.create_server((address, 0)) as server:
        assert not ports_module._bindable(server.getsockname()[1])


@linux
def test_the_kernels_own_range_for_outgoing_connections_is_left_out() -> None:
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    low, high = ports_module._outside_ephemeral(PORT_RANGE)
    assert high < first or low > last or (low, high) == PORT_RANGE


def test_hosts_have_names_addresses_and_areas(tmp_path: Path) -> None:
    hosts = make_hosts(30, tmp_path)
    assert [host.name for host in hosts[:3]] == ["a", "b", "c"]
    assert [host.name for host in hosts[25:28]] == ["z", "aa", "ab"]
    assert hosts[1].area == tmp_path / "b"
    if sys.platform.startswith("linux"):
        assert [host.address for host in hosts[:2]] == ["127.0.1.1", "127.0.1.2"]
        assert len({host.address for host in hosts}) == 30


@pytest.mark.parametrize(
    ("bound", "only_v6", "address", "reached"),
    [
        ("0.0.0.0", False, "127.0.1.1", True),
        ("::", False, "127.0.1.1", True),
        ("::", True, "127.0.1.1", False),
        ("127.0.1.1", False, "127.0.1.1", True),
        ("::ffff:127.0.1.1", False, "127.0.1.1", True),
        ("127.0.0.1", False, "127.0.1.1", False),
        ("127.0.0.1", False, "127.0.0.1", True),
        ("::1", False, "127.0.0.1", False),
    ],
)
def test_what_is_reached_from_a_hosts_address(bound: str, only_v6: bool, address: str, reached: bool) -> None:
    assert Listening(bound, 5000, only_v6=only_v6).reached_from(address) is reached


def some_servers() -> list[socket.socket]:
    only_v6 = socket.socket(socket.AF_INET6)
    only_v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    only_v6.bind(("::", 0))
    only_v6.listen()
    dual = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return [socket.create_server(("127.0.1.7", 0)), socket.create_server(("", 0)), dual, only_v6]


@linux
@pytest.mark.parametrize("way", ["diag", "proc"])
def test_the_kernel_tells_address_port_and_inode(way: str) -> None:
    servers = some_servers()
    found = listening() if way == "diag" else list(sockets._by_proc())
    by_port = {one.port: one for one in found}
    told = [by_port[server.getsockname()[1]] for server in servers]
    assert [one.address for one in told] == ["127.0.1.7", "0.0.0.0", "::", "::"]
    assert all(one.inode for one in told)
    if way == "diag":
        assert [one.only_v6 for one in told] == [False, False, False, True]
    for server in servers:
        server.close()
    assert not by_port.keys() & {one.port for one in listening() if one.inode in {told_.inode for told_ in told}}


@linux
def test_many_listeners_are_all_told() -> None:
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(300)]
    assert {server.getsockname()[1] for server in servers} <= {one.port for one in listening()}
    for server in servers:
        server.close()


@linux
def test_where_the_kernel_refuses_sock_diag_proc_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_family: int) -> list[Listening]:
        raise OSError("no such module")

    monkeypatch.setattr(sockets, "_by_diag", refuse)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] in {one.port for one in listening()}


class Table:
    """A listening table that a test writes, and that counts the looks."""

    def __init__(self) -> None:
        self.listening: list[Listening] = []
        self.looks = 0

    def __call__(self, wanted: Iterable[tuple[int, str]]) -> list[Listening]:
        self.looks += 1
        assert list(wanted)
        return self.listening


async def test_one_look_serves_all_who_wait_and_nobody_waiting_none(clock: FakeClock) -> None:
    table = Table()
    watch = PortWatch(clock, table)
    waits = [asyncio.ensure_future(watch.bound(port, "127.0.1.1")) for port in (5000, 5001, 5002)]
    await clock.advance(0.0005)
    assert table.looks == 1
    table.listening = [Listening("0.0.0.0", 5000), Listening("127.0.0.1", 5001), Listening("::", 5002)]
    await clock.advance(1)
    assert [wait.done() for wait in waits] == [True, False, True]
    assert [waits[0].result(), waits[2].result()] == ["0.0.0.0", "::"]
    waits[1].cancel()
    await settle()
    looks = table.looks
    await clock.advance(100)
    assert table.looks <= looks + 1


async def test_the_looks_become_rarer_and_a_newcomer_is_looked_at_at_once(clock: FakeClock) -> None:
    table = Table()
    watch = PortWatch(clock, table)
    first = asyncio.ensure_future(watch.bound(5000, "127.0.1.1"))
    await clock.advance(1)
    looks_in_first = table.looks
    await clock.advance(50)
    assert looks_in_first > 30
    assert table.looks - looks_in_first < 300
    table.listening = [Listening("0.0.0.0", 5001)]
    second = asyncio.ensure_future(watch.bound(5001, "127.0.1.1"))
    await clock.advance(0.001)
    assert second.done()
    first.cancel()
    await settle()


@linux
async def test_a_real_socket_is_seen_and_one_on_another_address_is_not() -> None:
    watch = PortWatch(SystemClock())
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        wait = asyncio.ensure_future(watch.bound(port, "127.0.1.1"))
        assert await within(watch.bound(port, "127.0.0.1")) == "127.0.0.1"
        assert not wait.done()
        with socket.create_server(("127.0.1.1", port)):
            assert await within(wait) == "127.0.1.1"


def test_off_linux_a_connection_tells() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert [one.port for one in _knock([(port, "127.0.0.1")])] == [port]
    assert list(_knock([(port, "127.0.0.1")])) == []
