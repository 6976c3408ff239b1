"""The running half of add-ons: one server each, started, moved off taken ports, brought back when it dies."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from minipaas.addons.base import ProcessServer, Shared
from minipaas.addons.bucket import BucketServer
from minipaas.addons.ledger import Record
from minipaas.addons.postgres import PostgresServer
from minipaas.addons.redis import RedisServer
from minipaas.addons.registry import Registry
from minipaas.clock import Clock
from minipaas.errors import MinipaasError, StoreProblem
from minipaas.model.addon import Addon
from minipaas.model.service import BUCKET, POSTGRESQL, REDIS
from minipaas.runtime.base import Output
from minipaas.runtime.ports import Ports
from minipaas.runtime.traces import Traces

#: Opens a stream of an app's log for one process, `heroku-postgres`: called with pieces of output, b"" at an end.
OpenLog = Callable[[str, str], Output]

KINDS: dict[str, type[ProcessServer]] = {
    POSTGRESQL.name: PostgresServer,
    REDIS.name: RedisServer,
    BUCKET.name: BucketServer,
}

#: A server that ended by itself is started again after so long, twice as long each time, up to a minute.
_AGAIN_S = 0.5
_AGAIN_MOST_S = 60.0
#: One that ran so long begins anew.
_STEADY_S = 60.0


class Servers:
    """The servers of a platform's add-ons, made when they are first asked for.

    Args:
        folder: an add-on's data is in `APP/ADD-ON` there.
        shared: called once a server is made.
    """

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        clock: Clock,
        ports: Ports,
        on_log: OpenLog,
        shared: Callable[[], Shared],
    ) -> None:
        self._folder = folder
        self._registry = registry
        self._clock = clock
        self._ports = ports
        self._on_log = on_log
        self._shared = shared
        # A folder that is never made: the marks are these servers' own, and nothing is swept but processes.
        self._traces = Traces(folder / ".servers")
        self._made: dict[str, ProcessServer] = {}
        self._failed: set[str] = set()
        self._again: set[asyncio.Task[None]] = set()
        self._tries: dict[str, tuple[int, float]] = {}

    def of(self, record: Record) -> ProcessServer:
        """The add-on's server."""
        name = record.addon.name
        if name not in self._made:
            self._made[name] = self._make(record)
        return self._made[name]

    def failed(self, addon: Addon) -> bool:
        """Whether it was made to fail and is not to run."""
        return addon.name in self._failed

    async def start(self, records: Sequence[Record]) -> None:
        """Start them side by side, but for those made to fail; returns when all answer.

        Raises:
            StoreProblem: one does not start; the others run.
            Missing: no server is installed that can read its data.
        """
        servers = [self.of(each) for each in records if not self.failed(each.addon)]
        if servers:
            self._traces.guard()
        await together(*(self._start(server) for server in servers))

    def fail(self, record: Record) -> None:
        """SIGKILL; it stays down until `recover`."""
        self._failed.add(record.addon.name)
        self.of(record).kill()
        self._say(record.addon, "Killed by SIGKILL, as asked")

    async def recover(self, record: Record) -> None:
        """Start it again, at its old address. Raises as `start`."""
        self._failed.discard(record.addon.name)
        await self.start([record])

    async def stop(self, records: Sequence[Record]) -> None:
        """Stop them politely; their data stays."""
        known = [self._made[each.addon.name] for each in records if each.addon.name in self._made]
        await together(*(server.stop() for server in known))

    async def end(self, record: Record) -> Path:
        """Kill it and forget it; the folder that is left."""
        server = self.of(record)
        server.kill()
        await server.stop()
        self._made.pop(record.addon.name)
        self._failed.discard(record.addon.name)
        return server.folder

    def sweep(self) -> None:
        """End servers that an earlier platform of this home left; blocks."""
        self._traces.sweep()

    async def close(self) -> None:
        """Stop every server."""
        for task in self._again:
            task.cancel()
        await asyncio.gather(*self._again, return_exceptions=True)
        await together(*(server.stop() for server in self._made.values()))
        self._traces.close()

    async def _start(self, server: ProcessServer) -> None:
        self._move_if_taken(server)
        try:
            await server.start()
        except StoreProblem:
            if not self._move_if_taken(server):  # somebody else was quicker
                raise
            await server.start()

    def _make(self, record: Record) -> ProcessServer:
        addon = record.addon
        return KINDS[addon.service](
            record,
            self._folder / addon.app / addon.name,
            self._shared(),
            self._traces.mark(addon.name),
            self._on_log(addon.app, addon.kind.process),
            lambda status: self._lost(addon, status),
        )

    def _move_if_taken(self, server: ProcessServer) -> bool:
        if server.alive() or _is_free(server.port):
            return False
        self._registry.change(server.move(self._ports.take(), self._registry.record(server.addon.name)))
        return True

    def _lost(self, addon: Addon, status: int) -> None:
        """A server ended that nobody had asked to."""
        tries, last = self._tries.get(addon.name, (0, 0.0))
        tries = 0 if self._clock.monotonic() - last > _STEADY_S else tries
        delay = again_after(tries)
        self._tries[addon.name] = (tries + 1, self._clock.monotonic() + delay)
        self._say(addon, f"Ended with status {status}; started again in {delay:g} s")
        self._later(self._start_again(addon, delay))

    async def _start_again(self, addon: Addon, delay: float) -> None:
        await self._clock.sleep(delay)
        server = self._made.get(addon.name)
        if server is None:
            return
        try:
            await server.restart()
        except MinipaasError as error:
            if server.intended:
                self._say(addon, error.message)
                self._lost(addon, 1)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._again.add(task)
        task.add_done_callback(self._again.discard)

    def _say(self, addon: Addon, text: str) -> None:
        self._on_log(addon.app, addon.kind.process)(f"{addon.name}: {text}\n".encode())


async def together(*work: Awaitable[None]) -> None:
    """All of them to their end, then the first failure."""
    for each in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each


def again_after(tries: int) -> float:
    """Seconds until a server that ended by itself so many times in a row is started again."""
    return min(_AGAIN_S * 2.0**tries, _AGAIN_MOST_S)


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
