"""Keeps every app's add-ons: makes them, starts and stops their servers, says which config vars they set."""

import asyncio
import random
import secrets
import socket
import string
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from minipaas.addons.base import ProcessServer, Server, Shared
from minipaas.addons.cover import Cover, find_cover
from minipaas.addons.ledger import Ledger, Record
from minipaas.addons.postgres import PostgresServer
from minipaas.addons.redis import RedisServer
from minipaas.addons.search import Programs
from minipaas.addons.template import Templates
from minipaas.clock import Clock
from minipaas.errors import MinipaasError, NotFound, StoreProblem
from minipaas.model.addon import POSTGRESQL, Addon, make_addon, missing_wishes, parse_plan, service_named
from minipaas.model.app import AddonWish
from minipaas.runtime.base import Output
from minipaas.runtime.ports import Ports
from minipaas.runtime.reaper import remove_tree
from minipaas.runtime.traces import Traces

#: Opens a stream of an app's log for one process, `heroku-postgres`: called with pieces of output, b"" at an end.
OpenLog = Callable[[str, str], Output]

#: A server that ended by itself is started again after so long, twice as long each time, up to a minute.
_AGAIN_S = 0.5
_AGAIN_MOST_S = 60.0
#: One that ran so long begins anew.
_STEADY_S = 60.0


class Addons:
    """All add-ons of one platform.

    Args:
        home_folder: where their records and data are; a folder for each app.
        on_log: opens a stream of an app's log.
        durable: whether data must survive a power cut; the end of any process it survives always.
        templates: where initdb's results are kept, which platforms may share; in `home_folder` by default.
    """

    def __init__(
        self,
        home_folder: Path,
        clock: Clock,
        rng: random.Random,
        on_log: OpenLog,
        *,
        durable: bool = True,
        programs: Programs | None = None,
        cover: Cover | None = None,
        templates: Path | None = None,
    ) -> None:
        self._folder = home_folder
        self._clock = clock
        self._rng = rng
        self._on_log = on_log
        self._durable = durable
        self._programs = programs or Programs()
        self._cover = cover
        self._templates = Templates(templates or home_folder / ".templates")
        self._ports = Ports(rng)
        # A folder that is never made: the marks are these servers' own, and nothing is swept but processes.
        self._traces = Traces(home_folder / ".servers")
        self._ledgers: dict[str, Ledger] = {}
        self._servers: dict[str, dict[str, ProcessServer]] = {}
        self._again: set[asyncio.Task[None]] = set()
        self._tries: dict[str, tuple[int, float]] = {}

    def check(self, wish: AddonWish) -> None:
        """See that a wish can be fulfilled here, without doing it.

        Raises:
            UsageProblem: there is no such service.
            Missing: no server for it is installed; the hint names what to install.
        """
        service, _ = parse_plan(wish.plan)
        if service is POSTGRESQL:
            self._programs.postgres()
        else:
            self._programs.redis()

    def addons(self, app: str) -> tuple[Addon, ...]:
        """The app's add-ons, oldest first.

        Raises:
            StoreProblem: their record is damaged.
        """
        return tuple(record.addon for record in self._ledger(app).records)

    async def provision(self, app: str, wishes: Sequence[AddonWish]) -> tuple[Addon, ...]:
        """Write down the add-ons that the app wishes and has not; all it has then. `start` makes their data.

        Raises:
            UsageProblem: a wish names no service, or a name that is taken; nothing is written then.
            DynoProblem: no port is free.
            StoreProblem: the record cannot be read or written.
        """
        ledger = self._ledger(app)
        records = list(ledger.records)
        for wish in missing_wishes(wishes, self.addons(app)):
            addon = make_addon(wish, [record.addon for record in records], self._taken_names(), self._rng)
            records.append(self._new_record(addon))
        if len(records) > len(ledger.records):
            ledger.save(records)
        return self.addons(app)

    async def start(self, app: str) -> None:
        """Start the app's servers side by side; returns when all answer. One whose port was taken gets another.

        Raises:
            StoreProblem: one does not start; the others run.
            Missing: no server is installed that can read its data.
        """
        servers = [self._server(app, record.addon.name) for record in self._ledger(app).records]
        if servers:
            self._traces.guard()
        await _together(*(self._start(app, server) for server in servers))

    def config(self, app: str) -> dict[str, str]:
        """The config vars that the app's add-ons set. They change when a port had to."""
        return {
            var: self._server(app, record.addon.name).url
            for record in self._ledger(app).records
            for var in record.addon.config_vars
        }

    def server(self, app: str, name: str) -> Server:
        """The server of an add-on, by its name or the name of an attachment: `DATABASE`.

        Raises:
            NotFound: the app has no such add-on.
        """
        for addon in self.addons(app):
            if name == addon.name or name.upper() in (each.name for each in addon.attachments):
                return self._server(app, addon.name)
        having = ", ".join(addon.name for addon in self.addons(app)) or "none"
        raise NotFound(f"{app} has no add-on {name}", f"add-ons: {having}")

    def fail(self, app: str, name: str) -> None:
        """Kill the server by SIGKILL; it stays down until `start`.

        Raises:
            NotFound: the app has no such add-on.
        """
        server = self.server(app, name)
        server.kill()
        self._say(app, server.addon, "Killed by SIGKILL, as asked")

    async def stop(self, app: str) -> None:
        """Stop the app's servers; their data stays."""
        await _together(*(server.stop() for server in self._servers.get(app, {}).values()))

    async def destroy(self, app: str, addon: str) -> None:
        """Stop the server, forget the add-on and delete its data.

        Raises:
            NotFound: the app has no such add-on.
            StoreProblem: the record cannot be written; nothing is deleted then.
        """
        name = self.server(app, addon).addon.name
        server = self._servers[app].pop(name)
        ledger = self._ledger(app)
        server.kill()
        await server.stop()
        ledger.save([record for record in ledger.records if record.addon.name != name])
        await asyncio.to_thread(remove_tree, str(server.folder))

    async def sweep(self) -> None:
        """End servers that an earlier platform of this home left; to be called before any is started."""
        if self._folder.is_dir():
            await asyncio.to_thread(self._traces.sweep)

    async def close(self) -> None:
        """Stop every server; their data stays."""
        for task in self._again:
            task.cancel()
        await asyncio.gather(*self._again, return_exceptions=True)
        await _together(*(self.stop(app) for app in self._servers))
        self._traces.close()

    async def _start(self, app: str, server: ProcessServer) -> None:
        self._move_if_taken(app, server)
        try:
            await server.start()
        except StoreProblem:
            if not self._move_if_taken(app, server):  # somebody else was quicker
                raise
            await server.start()

    def _ledger(self, app: str) -> Ledger:
        if app not in self._ledgers:
            self._ledgers[app] = Ledger(self._folder / app)
        return self._ledgers[app]

    def _taken_names(self) -> set[str]:
        return {path.name for path in self._folder.glob("*/*")}

    def _new_record(self, addon: Addon) -> Record:
        port = self._ports.take()
        if addon.service != POSTGRESQL.name:
            return Record(addon=addon, port=port, password=f"p{secrets.token_hex(32)}")
        return Record(
            addon=addon,
            port=port,
            password=f"p{secrets.token_hex(32)}",
            user=f"u{_letters(13)}",
            database=f"d{_letters(13)}",
        )

    def _server(self, app: str, name: str) -> ProcessServer:
        servers = self._servers.setdefault(app, {})
        if name not in servers:
            record = next(each for each in self._ledger(app).records if each.addon.name == name)
            servers[name] = self._make_server(app, record)
        return servers[name]

    def _make_server(self, app: str, record: Record) -> ProcessServer:
        addon = record.addon
        kind: type[ProcessServer] = PostgresServer if addon.service == POSTGRESQL.name else RedisServer
        return kind(
            record,
            self._folder / app / addon.name,
            self._shared(),
            self._traces.mark(addon.name),
            self._on_log(app, service_named(addon.service).process),
            lambda status: self._lost(app, addon, status),
        )

    def _shared(self) -> Shared:
        if self._cover is None:
            self._cover = find_cover()
        return Shared(
            programs=self._programs,
            cover=self._cover,
            templates=self._templates,
            durable=self._durable,
        )

    def _move_if_taken(self, app: str, server: ProcessServer) -> bool:
        if server.alive() or _is_free(server.port):
            return False
        ledger = self._ledger(app)
        moved = server.move(self._ports.take())
        ledger.save([moved if each.addon.name == moved.addon.name else each for each in ledger.records])
        return True

    def _lost(self, app: str, addon: Addon, status: int) -> None:
        """A server ended that nobody had asked to."""
        tries, last = self._tries.get(addon.name, (0, 0.0))
        tries = 0 if self._clock.monotonic() - last > _STEADY_S else tries
        delay = again_after(tries)
        self._tries[addon.name] = (tries + 1, self._clock.monotonic() + delay)
        self._say(app, addon, f"Ended with status {status}; started again in {delay:g} s")
        self._later(self._start_again(app, addon, delay))

    async def _start_again(self, app: str, addon: Addon, delay: float) -> None:
        await self._clock.sleep(delay)
        server = self._servers.get(app, {}).get(addon.name)
        if server is None:
            return
        try:
            await server.restart()
        except MinipaasError as error:
            if server.intended:
                self._say(app, addon, error.message)
                self._lost(app, addon, 1)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._again.add(task)
        task.add_done_callback(self._again.discard)

    def _say(self, app: str, addon: Addon, text: str) -> None:
        self._on_log(app, service_named(addon.service).process)(f"{addon.name}: {text}\n".encode())


async def _together(*work: Awaitable[None]) -> None:
    """All of them to their end, then the first failure."""
    for each in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each


def again_after(tries: int) -> float:
    """Seconds until a server that ended by itself so many times in a row is started again."""
    return min(_AGAIN_S * 2.0**tries, _AGAIN_MOST_S)


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(count))


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
