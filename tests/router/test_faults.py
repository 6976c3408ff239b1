"""Each of Heroku's codes, brought about between real sockets, with Heroku's own time limits on a clock of ours."""

import asyncio

import pytest

from minipaas.limits import BACKLOG_PER_DYNO, Limits
from minipaas.model.dyno import DynoState
from minipaas.model.request import RequestRecord
from minipaas.router.logline import line
from tests.fakes import FakeClock
from tests.router.rig import GET, OK, Rig, Wire, always, refused_backend, rig

UP, STARTING, CRASHED, IDLE, DOWN = (
    DynoState.UP,
    DynoState.STARTING,
    DynoState.CRASHED,
    DynoState.IDLE,
    DynoState.DOWN,
)
POST = b"POST /p HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 10\r\n\r\n"


async def advance_until(world: Rig, seconds: float) -> None:
    """Move the clock once the router has what was sent so far."""
    await asyncio.sleep(0.02)
    assert isinstance(world.clock, FakeClock)
    await world.clock.advance(seconds)


async def refused(client: Wire, status: int = 503) -> bytes:
    head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    return body


def logged(record: RequestRecord) -> str:
    """The log line without what differs from run to run."""
    text = line(record)
    return text.split(" method=")[0] + " … dyno=" + text.split(" dyno=")[1]


async def test_h80_maintenance_mode() -> None:
    async with rig() as world:
        await world.dyno("web.1", always)
        world.route.maintenance = True
        client = await world.client()
        client.send(GET)
        assert b"<title>Offline for Maintenance</title>" in await refused(client)
        assert (
            logged(await world.record())
            == 'at=info code=H80 desc="Maintenance mode" … dyno= connect= service= status=503 bytes= '
            "protocol=http1.1 tls=false"
        )
        world.route.maintenance = False
        client.send(GET)
        assert (await client.answer())[1] == b"ok"


async def test_h81_blank_app() -> None:
    async with rig() as world:
        world.route.deployed = False
        world.route.maintenance_page_url = "https://pages.example/m"
        client = await world.client()
        client.send(GET)
        await refused(client)
        assert logged(await world.record()).startswith('at=info code=H81 desc="Blank app" … dyno= ')


@pytest.mark.parametrize(
    ("states", "code", "desc"),
    [
        ({}, "H14", "No web processes running"),
        ({"web.1": DOWN}, "H14", "No web processes running"),
        ({"web.1": CRASHED}, "H10", "App crashed"),
        ({"web.1": CRASHED, "web.2": DOWN}, "H10", "App crashed"),
    ],
)
async def test_h14_no_dynos_and_h10_all_crashed(states: dict[str, DynoState], code: str, desc: str) -> None:
    async with rig() as world:
        world.route.set_dynos(states)
        client = await world.client()
        client.send(GET)
        assert b"<title>Application Error</title>" in await refused(client)
        record = await world.record()
        assert (record.code, record.desc, record.status, record.at) == (code, desc, 503, "error")
        assert line(record).endswith("dyno= connect= service= status=503 bytes= protocol=http1.1 tls=false")


async def test_an_apps_own_pages_are_shown_in_a_frame() -> None:
    async with rig() as world:
        world.route.error_page_url = "https://pages.example/e?a=1&b=2"
        world.route.maintenance_page_url = "https://pages.example/m"
        client = await world.client()
        world.route.set_dynos({})
        client.send(GET)
        assert b'<iframe src="https://pages.example/e?a=1&amp;b=2"></iframe>' in await refused(client)
        world.route.maintenance = True
        client.send(GET)
        assert b'<iframe src="https://pages.example/m"></iframe>' in await refused(client)


async def test_a_refusal_of_head_has_no_body() -> None:
    async with rig() as world:
        world.route.set_dynos({})
        client = await world.client()
        client.send(b"HEAD / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" + GET)
        assert b"Content-Length: " in await client.head()
        assert (await client.head()).startswith(b"HTTP/1.1 503 ")


async def test_an_unknown_app_is_not_answered_with_the_page_of_the_app_before() -> None:
    async with rig() as world:
        await world.dyno("web.1", always)
        world.route.error_page_url = "https://pages.example/e"
        client = await world.client()
        client.send(GET)
        await client.answer()
        client.send(b"GET /x HTTP/1.1\r\nHost: nope.localhost\r\n\r\n")
        assert b"<title>No such app</title>" in (body := await refused(client, 404))
        assert b"iframe src" not in body


async def test_an_unknown_app_is_a_404_with_a_record_that_names_no_app() -> None:
    async with rig() as world:
        client = await world.client()
        client.send(b"GET /x HTTP/1.1\r\nHost: nope.localhost\r\n\r\n")
        assert b"<title>No such app</title>" in await refused(client, 404)
        record = await world.record()
        assert (record.app, record.status, record.host, record.path) == ("", 404, "nope.localhost", "/x")


async def test_a_request_waits_for_a_booting_dyno_and_goes_on_at_once() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": STARTING})
        client = await world.client()
        client.send(POST + b"0123456789")
        assert await client.open_still()
        dyno = await world.dyno()
        server = await dyno.accept()
        assert (await server.request()).endswith(b"\r\n\r\n0123456789")
        server.send(OK)
        assert (await client.answer())[1] == b"ok"


async def test_h20_a_boot_that_takes_too_long(clock: FakeClock) -> None:
    async with rig(clock) as world:
        world.route.set_dynos({"web.1": STARTING})
        client = await world.client()
        client.send(GET)
        await advance_until(world, 74.9)
        assert not world.records
        await advance_until(world, 0.2)
        await refused(client)
        assert logged(await world.record()).startswith('at=error code=H20 desc="App boot timeout" … dyno= connect= ')


async def test_a_waiting_request_learns_at_once_that_the_dyno_crashed() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": STARTING})
        client = await world.client()
        client.send(GET)
        assert await client.open_still()
        world.route.set_dynos({"web.1": CRASHED})
        await refused(client)
        assert (await world.record()).code == "H10"


async def test_a_request_wakes_an_idle_app() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": IDLE})
        woken = asyncio.Event()
        world.route.on_wake = woken.set
        client = await world.client()
        client.send(GET)
        async with asyncio.timeout(5):
            await woken.wait()
        await world.dyno("web.1", always)
        assert (await client.answer())[1] == b"ok"


async def test_h11_too_many_for_the_dynos_there_are() -> None:
    async with rig() as world:
        await world.dyno()
        clients = [await world.client() for _ in range(BACKLOG_PER_DYNO + 1)]
        for client in clients[:-1]:
            client.send(GET)
        while world.route.in_flight_total < BACKLOG_PER_DYNO:
            await asyncio.sleep(0)
        clients[-1].send(GET)
        await refused(clients[-1])
        assert logged(await world.record()).startswith('at=error code=H11 desc="Backlog too deep" … dyno= connect= ')


async def test_h12_no_first_byte_in_time(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        await advance_until(world, 29.9)
        assert not world.records
        await advance_until(world, 0.2)
        await refused(client)
        assert (
            logged(await world.record())
            == 'at=error code=H12 desc="Request timeout" … dyno=web.1 connect=0ms service=30000ms status=503 bytes=0 '
            "protocol=http1.1 tls=false"
        )
        assert await server.rest() in (b"", b"<reset>")
        client.send(GET)
        assert await dyno.accept()


async def test_h12_runs_from_the_end_of_the_upload(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(POST)
        await (await dyno.accept()).head()
        await advance_until(world, 40)
        client.send(b"0123456789")
        await advance_until(world, 29)
        assert not world.records
        await advance_until(world, 2)
        await refused(client)
        assert (await world.record()).code == "H12"


async def test_h13_closed_without_an_answer() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.close()
        await refused(client)
        record = await world.record()
        assert (record.code, record.desc) == ("H13", "Connection closed without response")
        assert (record.dyno, record.status, record.bytes) == ("web.1", 503, 0)


async def slammed(wire: Wire) -> None:
    """A dyno that takes connections only to close them."""
    wire.close()


@pytest.mark.parametrize("request_", [GET, POST + b"0123456789"], ids=["get", "post"])
async def test_h13_and_no_hang_when_the_dyno_closes_as_it_accepts(request_: bytes) -> None:
    async with rig() as world:
        await world.dyno("web.1", slammed)
        for number in range(1, 21):
            client = await world.client()
            client.send(request_)
            await refused(client)
            assert (await world.record(number)).code == "H13"


async def test_h15_the_answer_falls_silent(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        await client.head()
        await advance_until(world, 50)
        server.send(b"d")
        await client.until(b"d")
        await advance_until(world, 54)
        assert not world.records
        await advance_until(world, 2)
        assert await client.rest() == b""
        record = await world.record()
        assert (record.code, record.desc, record.status, record.dyno) == ("H15", "Idle connection", 503, "web.1")
        assert record.bytes is not None
        assert record.bytes > 4


@pytest.mark.parametrize(
    "answer",
    [
        b"what is this\r\n\r\n",
        b"nonsense without an end",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\x00c\r\n\r\n",
        b"HTTP/1.1 200 OK\nA: b\n\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 40,
    ],
)
async def test_h17_not_an_http_answer(answer: bytes) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(answer)
        got = await client.until(b"</html>")
        assert b"HTTP/1.1 503 Service Unavailable\r\n" in got
        record = await world.record()
        assert (record.code, record.desc, record.status) == ("H17", "Poorly formatted HTTP response", 503)
        assert await server.rest() in (b"", b"<reset>")


@pytest.mark.parametrize(
    ("sent", "begun"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-", False),
    ],
)
async def test_h18_the_answer_breaks_off_and_never_looks_complete(sent: bytes, begun: bool) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(sent)
        server.close()
        if begun:
            await client.head()
            assert b"0\r\n\r\n" not in await client.rest()
        else:
            await refused(client)
        record = await world.record()
        assert logged(record).startswith(
            'sock=backend at=error code=H18 desc="Server Request Interrupted" … dyno=web.1 '
        )
        assert record.status == 503


async def test_h18_a_body_without_length_that_is_reset_resets_the_client() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        await client.until(b"abc")
        server.reset()
        assert await client.rest() == b"<reset>"
        assert (await world.record()).code == "H18"


async def test_a_bad_chunk_after_the_answer_began_truncates_it() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await client.until(b"abc\r\n")
        server.send(b"0x3\r\nabc\r\n0\r\n\r\n")
        assert await client.rest() == b""
        assert (await world.record()).code == "H17"


async def test_h19_a_dyno_that_does_not_take_the_connection(clock: FakeClock) -> None:
    async with rig(clock) as world, asyncio.timeout(10):
        full = await _deaf_listener(world)
        client = await world.client()
        client.send(GET)
        while world.route.in_flight(full) == 0:
            await asyncio.sleep(0)
        await advance_until(world, 5.1)
        await refused(client)
        record = await world.record()
        assert (record.code, record.desc, record.connect_ms) == ("H19", "Backend connection timeout", 5000)
        assert line(record).endswith(
            "dyno=web.9 connect=5000ms service= status=503 bytes= protocol=http1.1 tls=false"
        )


async def _deaf_listener(world: Rig) -> str:
    """Add a dyno whose queue of connections is full, so that the kernel drops further SYNs."""
    import socket  # noqa: PLC0415

    from minipaas.router.slot import Backend  # noqa: PLC0415

    listener = socket.socket()
    listener.bind(("127.0.0.2", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    fillers = []
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.2", port))
        fillers.append(filler)
    _KEPT.extend([listener, *fillers])
    world.route.set_dynos({"web.9": UP})
    world.route.add(Backend("web.9", "deaf", "127.0.0.2", port))
    return "deaf"


_KEPT: list[object] = []


@pytest.fixture(autouse=True)
def _close_kept() -> object:
    yield
    while _KEPT:
        _KEPT.pop().close()  # type: ignore[attr-defined]


async def test_h21_connection_refused() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.9": UP})
        world.route.add(refused_backend())
        client = await world.client()
        client.send(GET)
        await refused(client)
        record = await world.record()
        assert (record.code, record.desc, record.dyno) == ("H21", "Backend connection refused", "web.9")
        assert (record.service_ms, record.bytes) == (None, None)
        assert record.connect_ms is not None


async def test_a_dyno_that_refuses_is_passed_over_whatever_the_method_and_then_quarantined(clock: FakeClock) -> None:
    async with rig(clock) as world:
        world.route.add(refused_backend())
        dyno = await world.dyno("web.1", always)
        client = await world.client()
        for _ in range(4):
            client.send(POST + b"0123456789")
            assert (await client.answer())[1] == b"ok"
        await world.record(4)
        assert {record.dyno for record in world.records} == {"web.1"}
        world.route.remove(dyno.life)
        client.send(GET)
        assert await client.open_still()
        await advance_until(world, 5)
        await refused(client)
        assert (await world.record(5)).code == "H21"


async def test_h99_all_dynos_in_quarantine_to_the_end(clock: FakeClock) -> None:
    async with rig(clock, Limits(quarantine_s=1000)) as world:
        world.route.set_dynos({"web.9": UP})
        world.route.add(refused_backend())
        client = await world.client()
        client.send(GET)
        await refused(client)
        client.send(GET)
        await advance_until(world, 74)
        assert len(world.records) == 1
        await advance_until(world, 2)
        await refused(client)
        assert logged(await world.record(2)).startswith(
            'at=error code=H99 desc="Platform error" … dyno= connect= service= '
        )


async def test_a_request_that_waits_for_quarantine_takes_a_new_dyno_at_once(clock: FakeClock) -> None:
    async with rig(clock) as world:
        world.route.set_dynos({"web.9": UP})
        world.route.add(refused_backend())
        client = await world.client()
        client.send(GET)
        await refused(client)
        client.send(GET)
        assert await client.open_still()
        await world.dyno("web.1", always)
        assert (await client.answer())[1] == b"ok"


@pytest.mark.parametrize(
    ("head", "desc"),
    [
        (b"Content-Length: 1\r\nContent-Length: 2\r\n", "HTTP restriction: invalid content length"),
        (b"Content-Length: 10,10\r\n", "HTTP restriction: invalid content length"),
        (b"Content-Length: 1_0\r\n", "HTTP restriction: invalid content length"),
        (b"Content-Length: -1\r\n", "HTTP restriction: invalid content length"),
        (b"Set-Cookie: " + b"c" * 8193 + b"\r\n", "HTTP restriction: oversized cookie"),
        (b"X: " + b"x" * 530_000 + b"\r\n", "HTTP restriction: oversized header"),
        (b"X: " + b"x" * 1_100_000, "HTTP restriction: oversized header"),
    ],
)
async def test_h25_herokus_limits_on_answers(head: bytes, desc: str) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        await refused(client, 502)
        record = await world.record()
        assert (record.code, record.desc, record.status) == ("H25", desc, 502)


async def test_h25_an_oversized_status_line() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 " + b"O" * 8200 + b"\r\n\r\n")
        await refused(client, 502)
        assert (await world.record()).desc == "HTTP restriction: oversized status line"


async def test_h26_a_bad_chunk_from_the_client() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        server = await dyno.accept()
        await server.head()
        assert await server.exactly(8) == b"3\r\nabc\r\n"
        client.send(b"0x3\r\nabc\r\n0\r\n\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")
        assert await server.rest() in (b"", b"<reset>")
        record = await world.record()
        assert logged(record).startswith('at=error code=H26 desc="Request Error" cause="bad chunk" … dyno=web.1 ')


async def test_h26_an_expectation_we_do_not_know() -> None:
    async with rig() as world:
        client = await world.client()
        client.send(b"GET /x HTTP/1.1\r\nHost: shop.localhost\r\nExpect: tea\r\n\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 417 Expectation Failed\r\n")
        record = await world.record()
        assert (record.status, record.cause) == (417, "unsupported expect header value")
        assert (record.method, record.path) == ("GET", "/x")


@pytest.mark.parametrize("how", ["reset", "close"])
async def test_h27_the_client_hangs_up_in_its_upload(how: str) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(POST + b"abc")
        server = await dyno.accept()
        await server.head()
        await server.exactly(3)
        if how == "reset":
            client.reset()
        else:
            client.close()
        assert (await server.rest()).replace(b"<reset>", b"") == b""
        record = await world.record()
        assert logged(record).startswith('sock=client at=warning code=H27 desc="Client Request Interrupted" … dyno=')
        assert record.status == 499


async def test_h27_the_client_resets_while_it_waits_for_the_answer() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        client.reset()
        assert (await server.rest()).replace(b"<reset>", b"") == b""
        assert (await world.record()).code == "H27"
        assert len(world.records) == 1


async def test_h27_the_client_leaves_a_long_answer() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nabc")
        await client.head()
        client.close()
        with pytest.raises(ConnectionError):
            while True:
                server.send(b"x" * 65536)
                await server.writer.drain()
                await asyncio.sleep(0)
        assert (await world.record()).code == "H27"


async def test_h27_the_client_leaves_while_its_dyno_boots() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": STARTING})
        client = await world.client()
        client.send(GET)
        assert await client.open_still()
        client.reset()
        record = await world.record()
        assert (record.code, record.dyno) == ("H27", "")
        assert not world.route.waiting
        assert world.route.in_flight_total == 0


async def test_h27_a_client_that_ends_its_half_in_the_middle_of_a_body_while_its_dyno_boots() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": STARTING})
        client = await world.client()
        client.send(POST + b"abc")
        client.close_half()
        assert await client.open_still()
        await world.dyno()
        assert await client.rest() == b""
        assert (await world.record()).code == "H27"


async def test_h28_the_client_falls_silent_in_its_upload(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(POST + b"abc")
        server = await dyno.accept()
        await server.head()
        await server.exactly(3)
        await advance_until(world, 54)
        assert not world.records
        await advance_until(world, 2)
        assert await client.rest() == b""
        record = await world.record()
        assert (record.code, record.at, record.status) == ("H28", "warning", 499)
        assert record.desc == "Client Connection Idle"


async def test_h28_the_client_does_not_read_its_answer(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        server.send(b"x" * 30_000_000)
        await asyncio.sleep(0.2)
        await advance_until(world, 56)
        record = await world.record()
        assert (record.code, record.status) == ("H28", 499)


async def test_slow_headers_get_408_and_no_record(clock: FakeClock) -> None:
    async with rig(clock) as world:
        client = await world.client()
        client.send(b"GET / HTTP/1.1\r\n")
        for _ in range(29):
            await advance_until(world, 1)
            client.send(b"A: b\r\n")
        await advance_until(world, 2)
        assert (await client.rest()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert not world.records


async def test_an_idle_client_connection_is_closed_after_a_minute(clock: FakeClock) -> None:
    async with rig(clock) as world:
        await world.dyno("web.1", always)
        client = await world.client()
        client.send(GET)
        await client.answer()
        await advance_until(world, 59)
        assert await client.open_still()
        await advance_until(world, 2)
        assert await client.rest() in (b"", b"<reset>")
        assert len(world.records) == 1


async def test_an_idle_connection_to_a_dyno_is_closed_after_ninety_seconds(clock: FakeClock) -> None:
    async with rig(clock) as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await client.answer()
        await advance_until(world, 89)
        assert await server.open_still()
        await advance_until(world, 2)
        assert await server.rest() == b""
