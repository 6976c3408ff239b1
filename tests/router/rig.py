"""A router between raw sockets: the test plays client and dyno byte by byte."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from minipaas.clock import Clock, SystemClock
from minipaas.limits import Limits
from minipaas.model.dyno import DynoState
from minipaas.model.request import RequestRecord
from minipaas.router.route import AppRoute
from minipaas.router.router import Router
from minipaas.router.slot import Backend
from minipaas.router.tape import Tape

#: Nothing here takes long; a test that waits this long has found a hang.
PATIENCE_S = 8.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"


Keep = Callable[[Tape, RequestRecord], None]


class Wire:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def until(self, mark: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(mark)

    async def head(self) -> bytes:
        return await self.until(b"\r\n\r\n")

    async def exactly(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readexactly(count)

    async def rest(self) -> bytes:
        """Everything until the other end closes, cleanly or not."""
        async with asyncio.timeout(PATIENCE_S):
            out = b""
            try:
                while piece := await self.reader.read(65536):
                    out += piece
            except ConnectionError:
                out += b"<reset>"
            return out

    async def answer(self) -> tuple[bytes, bytes]:
        """Head and body of a response with a Content-Length."""
        head = await self.head()
        return head, await self.exactly(header(head, "content-length", 0))

    async def request(self) -> bytes:
        """Head and body of a request with or without Content-Length."""
        head = await self.head()
        return head + await self.exactly(header(head, "content-length", 0))

    async def open_still(self) -> bool:
        """Nothing came and nothing was closed for a few rounds of the loop."""
        try:
            async with asyncio.timeout(0.03):
                return bool(await self.reader.read(1)) and False
        except TimeoutError:
            return True

    def close_half(self) -> None:
        self.writer.write_eof()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        own = self.writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def header(head: bytes, name: str, default: int) -> int:
    """A header's number."""
    for line in head.decode("latin-1").split("\r\n"):
        key, _, value = line.partition(":")
        if key.lower() == name:
            return int(value)
    return default


@dataclass
class Dyno:
    """A web dyno: its connections come out of `accept`, or `handle` takes each."""

    backend: Backend
    server: asyncio.Server
    arrivals: asyncio.Queue[Wire]
    wires: list[Wire] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def life(self) -> str:
        return self.backend.life

    async def accept(self) -> Wire:
        async with asyncio.timeout(PATIENCE_S):
            return await self.arrivals.get()

    async def stop(self) -> None:
        """As a dyno ends: no more listening, every connection closed."""
        self.server.close()
        for task in self.tasks:
            task.cancel()
        for wire in self.wires:
            wire.writer.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)


Handler = Callable[[Wire], object]


async def always(wire: Wire, answer: bytes = OK) -> None:
    """Answer every request on a connection alike."""
    while True:
        try:
            await wire.request()
        except (asyncio.IncompleteReadError, ConnectionError):
            wire.close()
            return
        wire.send(answer)


class Rig:
    """One router with one app `shop`, its records, and what was opened meanwhile."""

    def __init__(self, clock: Clock, limits: Limits, policy: str, keep: Keep | None = None) -> None:
        self.clock = clock
        self.records: list[RequestRecord] = []
        self._came = asyncio.Event()
        self.router = Router(
            limits=limits,
            clock=clock,
            on_records=self._take,
            policy=policy,
            rng=random.Random(7),
            keep=keep,
        )
        self.route: AppRoute = self.router.add_app("shop")
        self.port = 0
        self._dynos: list[Dyno] = []
        self._clients: list[Wire] = []
        self._lives = 0

    def _take(self, records: Sequence[RequestRecord]) -> None:
        self.records += records
        self._came.set()

    async def record(self, number: int = 1) -> RequestRecord:
        """The record with that number, from one."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.records) < number:
                self._came.clear()
                await self._came.wait()
        return self.records[number - 1]

    async def client(self) -> Wire:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20))
        self._clients.append(wire)
        return wire

    async def dyno(
        self, name: str = "web.1", handle: Callable[[Wire], object] | None = None, *, joins: bool = True
    ) -> Dyno:
        arrivals: asyncio.Queue[Wire] = asyncio.Queue()
        tasks: set[asyncio.Task[None]] = set()
        wires: list[Wire] = []

        async def took(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = Wire(reader, writer)
            wires.append(wire)
            if not server.is_serving():
                writer.close()
                return
            if handle is None:
                arrivals.put_nowait(wire)
                return
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await handle(wire)  # type: ignore[misc]
            except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
                writer.close()
            finally:
                tasks.discard(task)

        server = await asyncio.start_server(took, "127.0.0.2", 0, limit=1 << 20)
        self._lives += 1
        port = server.sockets[0].getsockname()[1]
        dyno = Dyno(Backend(name, f"life-{self._lives}", "127.0.0.2", port), server, arrivals, wires, tasks)
        self._dynos.append(dyno)
        if joins:
            self.route.set_dynos({name: DynoState.UP})
            self.route.add(dyno.backend)
        return dyno

    async def close(self) -> None:
        for wire in self._clients:
            wire.writer.close()
        for dyno in self._dynos:
            await dyno.stop()
        await self.router.close(0.0)
        await asyncio.sleep(0.01)
        wires = [*self._clients, *(wire for dyno in self._dynos for wire in dyno.wires)]
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(wire.writer.wait_closed() for wire in wires), return_exceptions=True)
        # The router's own transports need a few rounds to be gone.
        for _ in range(5):
            await asyncio.sleep(0)


@asynccontextmanager
async def rig(
    clock: Clock | None = None,
    limits: Limits | None = None,
    policy: str = "round-robin",
    keep: Keep | None = None,
) -> AsyncIterator[Rig]:
    """A router that listens."""
    own = Rig(clock or SystemClock(), limits or Limits(), policy, keep)
    own.port = await own.router.listen("127.0.0.1", 0)
    await own.router.open()
    try:
        yield own
    finally:
        await own.close()


def refused_backend(life: str = "gone") -> Backend:
    """A dyno that nothing listens for: bound and never listening, so that nobody else takes the port."""
    hold = socket.socket()
    hold.bind(("127.0.0.2", 0))
    _HELD.append(hold)
    return Backend("web.9", life, "127.0.0.2", hold.getsockname()[1])


_HELD: list[socket.socket] = []
