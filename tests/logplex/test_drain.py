"""What is delivered, tried again and told as lost; and both ways to a real receiver."""

import asyncio
import random
import shutil
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from minipaas.clock import SystemClock
from minipaas.errors import UsageProblem
from minipaas.logplex.carriers import HttpCarrier, SyslogCarrier, carrier_to
from minipaas.logplex.drain import Carrier, Delivery, Outcome
from minipaas.logplex.overflow import drain_loss
from minipaas.logplex.packet import Packet, http_packets
from minipaas.logplex.ring import ALL
from minipaas.logplex.tail import TailSession
from minipaas.model.drain import Drain, check_url
from minipaas.model.logline import LogChunk, Source
from minipaas.store.certificate import certificate
from minipaas.store.home import Home
from tests.fakes import FakeClock, settle


def line(text: str) -> LogChunk:
    return LogChunk(1.0, Source.APP, "web.1", f"{text}\n".encode(), 1)


class Scripted:
    """A carrier that fares as the script says, and then well."""

    def __init__(self, *script: Outcome | OSError) -> None:
        self.script = list(script)
        self.tried: list[Packet] = []
        self.arrived: list[bytes] = []

    def packets(self, chunks: list[LogChunk]) -> Iterator[Packet]:
        return http_packets(chunks)

    async def send(self, packet: Packet) -> Outcome:
        self.tried.append(packet)
        now = self.script.pop(0) if self.script else Outcome.SENT
        if isinstance(now, OSError):
            raise now
        if now is Outcome.SENT:
            self.arrived += [each.partition(b" - ")[2] for each in packet.data.splitlines()]
        return now

    async def close(self) -> None:
        return


class Rig:
    """A session with its delivery on a clock."""

    def __init__(self, clock: FakeClock, carrier: Scripted, limit_bytes: int = 100_000) -> None:
        self.clock = clock
        self.session = TailSession((), ALL, clock, limit_bytes=limit_bytes, told=drain_loss)
        self.told: list[OSError] = []
        self.delivery = Delivery(self.session, carrier, clock, random.Random(1), self.told.append)
        self.task = asyncio.ensure_future(self.delivery.run())

    async def say(self, *texts: str) -> None:
        await settle()
        for text in texts:
            self.session.push(line(text))
        await self.clock.advance(1)


async def test_lines_are_gathered_and_sent_in_order(clock: FakeClock) -> None:
    carrier = Scripted()
    rig = Rig(clock, carrier)
    await rig.say("one", "two")
    await rig.say("three")
    assert (carrier.arrived, len(carrier.tried)) == ([b"one", b"two", b"three"], 2)
    rig.session.end()
    await rig.task
    assert rig.delivery.sent == 3


async def test_nobody_there_is_waited_for_and_loses_nothing(clock: FakeClock) -> None:
    carrier = Scripted(*[ConnectionRefusedError("refused")] * 9)
    rig = Rig(clock, carrier)
    await rig.say("one")
    assert rig.delivery.trouble == "refused"
    await rig.say("two")
    await clock.advance(400)
    assert carrier.arrived == [b"one", b"two"]
    assert len(rig.told) == 1
    assert (rig.delivery.trouble, rig.delivery.lost) == ("", 0)
    rig.session.end()
    await rig.task


async def test_what_is_refused_is_lost_at_once_and_told_when_something_arrives(clock: FakeClock) -> None:
    carrier = Scripted(Outcome.REFUSED)
    rig = Rig(clock, carrier)
    await rig.say("one", "two")
    assert (len(carrier.tried), rig.delivery.lost) == (1, 2)
    await rig.say("three")
    assert carrier.arrived[0] == b"three"
    assert carrier.arrived[1].startswith(b"Error L10 (output buffer overflow): 2 messages dropped since 1970-01-01T")
    rig.session.end()
    await rig.task


async def test_who_cannot_is_asked_three_times_with_the_same_packet(clock: FakeClock) -> None:
    carrier = Scripted(*[Outcome.UNABLE] * 3)
    rig = Rig(clock, carrier)
    await rig.say("one")
    await clock.advance(10)
    assert len(carrier.tried) == 3
    assert carrier.tried[0] is carrier.tried[2]
    assert rig.delivery.lost == 1
    rig.session.end()
    await rig.task


async def test_a_receiver_that_never_takes_anything_is_not_asked_for_ever(clock: FakeClock) -> None:
    carrier = Scripted(*[Outcome.REFUSED] * 1000)
    rig = Rig(clock, carrier)
    await rig.say("one")
    await clock.advance(100)
    assert len(carrier.tried) == 1
    rig.session.end()
    await rig.task


async def test_a_full_buffer_drops_and_tells_how_much(clock: FakeClock) -> None:
    carrier = Scripted(ConnectionRefusedError("refused"), ConnectionRefusedError("refused"))
    rig = Rig(clock, carrier, limit_bytes=2000)
    await rig.say("first")
    rig.session.push(line("x"))
    for number in range(50):
        rig.session.push(line(f"{number} " + "x" * 200))
    await clock.advance(100)
    await rig.say("last")
    assert carrier.arrived[0] == b"first"
    assert any(b"Error L10" in each for each in carrier.arrived)
    assert carrier.arrived[-1] == b"last"
    rig.session.end()
    await rig.task


@pytest.mark.parametrize(
    "url", ["syslog://h:514", "syslog+tls://h:6514", "http://h/x", "https://u:p@h:1/x?y", "syslog://[::1]:514"]
)
def test_urls_of_drains(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize("url", ["syslog://h", "ftp://h", "h:514", "https://", "http://h:99999", "http://h/a b", ""])
def test_what_is_no_url_of_a_drain_is_refused(url: str) -> None:
    with pytest.raises(UsageProblem):
        check_url(url)


def test_a_password_is_not_shown() -> None:
    drain = Drain(id="1", url="https://u:secret@h:1/x", token="d.1", created_at=0)
    assert drain.shown_url == "https://u:…@h:1/x"


def drain_to(url: str) -> Drain:
    return Drain(id="1", url=url, token="d.1234", created_at=0)


@asynccontextmanager
async def delivering(carrier: Carrier) -> AsyncIterator[TailSession]:
    clock = SystemClock()
    session = TailSession((), ALL, clock, told=drain_loss)
    task = asyncio.ensure_future(Delivery(session, carrier, clock, random.Random(1), lambda _e: None).run())
    yield session
    session.end()
    async with asyncio.timeout(20):
        await task


async def test_syslog_reaches_a_receiver_and_finds_it_again_after_it_closed() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = await reader.readuntil(b" ")
        heard.put_nowait(await reader.readexactly(int(length)))
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    carrier = carrier_to(drain_to(f"syslog://127.0.0.1:{port}"))
    assert isinstance(carrier, SyslogCarrier)
    async with server, asyncio.timeout(20), delivering(carrier) as session:
        for text in ("one", "two"):
            session.push(line(text))
            assert (await heard.get()).endswith(f" d.1234 app web.1 - - {text}\n".encode())


async def test_http_reaches_a_receiver_with_logplexs_headers_and_repeats_the_frame_id() -> None:
    asked: list[web.Request] = []
    bodies: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        asked.append(request)
        bodies.put_nowait(await request.read())
        return web.Response(status=503 if len(asked) == 1 else 204)

    app = web.Application()
    app.router.add_post("/in", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    carrier = carrier_to(drain_to(f"http://user:pass%20word@127.0.0.1:{port}/in?q=1"))
    assert isinstance(carrier, HttpCarrier)
    async with asyncio.timeout(20), delivering(carrier) as session:
        session.push(line("one"))
        session.push(line("two"))
        first, second = await bodies.get(), await bodies.get()
    await runner.cleanup()
    headers = asked[1].headers
    assert first == second
    assert second.count(b" host app web.1 - ") == 2
    assert headers["Content-Type"] == "application/logplex-1"
    assert headers["Logplex-Msg-Count"] == "2"
    assert headers["Logplex-Drain-Token"] == "d.1234"
    assert headers["Logplex-Frame-Id"] == asked[0].headers["Logplex-Frame-Id"]
    assert len(headers["Logplex-Frame-Id"]) == 32
    assert headers["Authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
    assert asked[1].query_string == "q=1"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the receiver's certificate")
@pytest.mark.parametrize("trusted", [True, False])
async def test_syslog_by_tls_checks_the_receivers_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    chain, key = certificate(Home(tmp_path))
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.readline())
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    carrier = carrier_to(drain_to(f"syslog+tls://127.0.0.1:{port}"))
    (packet,) = carrier.packets([line("one")])
    async with server, asyncio.timeout(20):
        if trusted:
            assert await carrier.send(packet) is Outcome.SENT
            assert (await heard.get()).endswith(b" d.1234 app web.1 - - one\n")
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await carrier.send(packet)
        await carrier.close()
