"""A server that stands for an add-on: what the others may ask of it, and what all servers have in common."""

import asyncio
import dataclasses
import signal
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from minipaas.addons.cover import Cover
from minipaas.addons.files import folder_problem
from minipaas.addons.ledger import Record
from minipaas.addons.process import ServerProcess, Start, spawn
from minipaas.addons.search import Programs
from minipaas.addons.template import Templates
from minipaas.errors import StoreProblem
from minipaas.model.addon import Addon
from minipaas.runtime.base import Output

#: A server reads its log, recovers and listens within this, or is stuck.
START_S = 60.0
#: From the polite signal to SIGKILL.
STOP_S = 10.0
_LINES_KEPT = 20
_TAIL_BYTES = 128
#: How servers' own lines say what went wrong.
_ALARMS = ("FATAL", "PANIC", "ERROR", "rror", "an't", "ailed")


class Server(Protocol):
    """One add-on's server, started and stopped any number of times; its data stays."""

    addon: Addon

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""

    @property
    def url(self) -> str:
        """The address with user and password, as its config vars have it."""

    @property
    def pid(self) -> int | None:
        """The server's process; None while none runs."""

    def alive(self) -> bool:
        """Whether its process runs."""

    async def start(self) -> None:
        """Start it, make its data folder at the first time, return when it answers; nothing to do when it runs.

        Raises:
            StoreProblem: it does not start, as on a full disk; the message has its own last words.
            Missing: no server is installed that can read its data.
        """

    async def stop(self) -> None:
        """Let it end politely, then by SIGKILL."""

    def kill(self) -> None:
        """SIGKILL, as a failing machine would; returns at once, `start` waits for the end."""

    async def facts(self) -> Mapping[str, str]:
        """What it says of itself, for people: version, size, connections.

        Raises:
            StoreProblem: it does not run, or refuses.
        """

    async def reset(self) -> None:
        """Back to the state right after provisioning: no data.

        Raises:
            StoreProblem: it does not run, or refuses.
        """

    async def snapshot(self) -> None:
        """Remember its data, in place of what was remembered before. Sessions in use are ended.

        Raises:
            StoreProblem: it does not run, or refuses.
        """

    async def restore(self) -> None:
        """Back to what `snapshot` remembered. Sessions in use are ended.

        Raises:
            StoreProblem: it does not run, refuses, or nothing was remembered.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every server of a platform is started with.

    `durable` data survives a power cut; otherwise only the end of processes, and writing is faster.
    """

    programs: Programs
    cover: Cover
    templates: Templates
    durable: bool


class ProcessServer(ABC):
    """A `Server` that is one process tree. `intended` says whether it is to run: from `start` to `stop` or `kill`.

    Args:
        folder: the add-on's own; `data` in it is the server's.
        mark: MINIPAAS_DYNO_ID of its processes.
        log: gets what it prints, b"" at the end of each run.
        on_lost: called with the exit status when it ends and nobody asked it to.
    """

    #: What it prints once it takes connections. To knock before would fill the log with refusals.
    ready_words: ClassVar[bytes]
    stop_signal: ClassVar[int] = signal.SIGTERM

    def __init__(
        self,
        record: Record,
        folder: Path,
        shared: Shared,
        mark: str,
        log: Output = lambda _piece: None,
        on_lost: Callable[[int], None] = lambda _status: None,
    ) -> None:
        self.record = record
        self.addon = record.addon
        self.folder = folder
        self._shared = shared
        self._mark = mark
        self._log = log
        self._on_lost = on_lost
        self.intended = False
        self._process: ServerProcess | None = None
        self._up = False
        self._starting = asyncio.Lock()
        self._ready = asyncio.Event()
        self._tail = b""
        self._last: deque[str] = deque(maxlen=_LINES_KEPT)

    @property
    def data(self) -> Path:
        """The server's own folder."""
        return self.folder / "data"

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self.record.port

    def move(self, port: int, known: Record) -> Record:
        """Listen on another port from the next start on; what is to be remembered instead of what is known of it."""
        self.record = dataclasses.replace(known, port=port)
        return self.record

    @classmethod
    @abstractmethod
    def look_for(cls, programs: Programs) -> None:
        """See that a server of this kind is installed.

        Raises:
            Missing: none is; the hint names what to install.
        """

    def values(self) -> Mapping[str, str]:
        """What its config vars say, by the keys of its service."""
        return {"URL": self.url}

    @property
    @abstractmethod
    def url(self) -> str:
        """The address with user and password."""

    @property
    def pid(self) -> int | None:
        """The server's process; None while none runs."""
        return self._process.pid if self._process and self._process.alive else None

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.pid is not None

    async def start(self) -> None:
        """Start it and wait until it answers; see the protocol."""
        self.intended = True
        try:
            await self.restart()
        except BaseException:
            self.intended = False
            raise

    async def restart(self) -> None:
        """`start`, unless `stop` or `kill` came between."""
        async with self._starting:
            if self._process is not None and self._process.alive:
                if self._up:
                    return
                await self._process.wait()
            if self.intended:
                await self._start()

    async def _start(self) -> None:
        self._last.clear()
        self._tail = b""
        self._ready.clear()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._process = await spawn(await self._prepared())
        except OSError as error:
            raise folder_problem(self.addon.name, self.folder, error) from error
        process = self._process
        process.when_ended(lambda status: self._ended(process, status))
        try:
            await self._answering(process)
            self._up = True
        except BaseException:
            process.kill()
            await process.wait()
            raise

    async def stop(self) -> None:
        """Let it end politely, then by SIGKILL."""
        self.intended = self._up = False
        if self._process is not None:
            await self._process.stop(self.stop_signal, STOP_S)

    def kill(self) -> None:
        """SIGKILL to it and all it started."""
        self.intended = self._up = False
        if self._process is not None:
            self._process.kill()

    @abstractmethod
    async def facts(self) -> Mapping[str, str]:
        """What it says of itself."""

    @abstractmethod
    async def reset(self) -> None:
        """Back to no data."""

    @abstractmethod
    async def snapshot(self) -> None:
        """Remember the data."""

    @abstractmethod
    async def restore(self) -> None:
        """Back to what was remembered."""

    @abstractmethod
    async def _prepared(self) -> Start:
        """Make what it needs on disk, and say how it is started.

        Raises:
            OSError: it cannot be made.
        """

    @abstractmethod
    async def _ask(self) -> None:
        """Log in and make what is to be there.

        Raises:
            StoreProblem: it refuses.
            OSError: the connection broke.
        """

    async def _answering(self, process: ServerProcess) -> None:
        ended = asyncio.ensure_future(process.wait())
        ready = asyncio.ensure_future(self._ready.wait())
        try:
            await asyncio.wait({ended, ready}, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            if not ended.done():
                ended.cancel()
        if ended.done():
            raise self._not_started(self._last_words(ended.result()))
        if not self._ready.is_set():
            raise self._not_started(f"it did not come up within {START_S:.0f} s")
        try:
            async with asyncio.timeout(START_S):
                await self._ask()
        except OSError as error:  # TimeoutError is one
            raise self._not_started(str(error) or "it does not answer") from error

    def _not_started(self, cause: str) -> StoreProblem:
        return StoreProblem(f"cannot start the add-on {self.addon.name}: {cause}")

    def _hear(self, piece: bytes) -> None:
        self._last.extend(line for line in piece.decode(errors="replace").splitlines() if line.strip())
        heard = self._tail + piece
        self._tail = heard[-_TAIL_BYTES:]
        if self.ready_words in heard:
            self._ready.set()
        self._log(piece)

    def _last_words(self, status: int) -> str:
        alarms = [line for line in self._last if any(word in line for word in _ALARMS)]
        said = alarms[:1] or list(self._last)[-1:]
        return said[0].strip() if said else f"it ended with status {status}"

    def _ended(self, process: ServerProcess, status: int) -> None:
        if process is self._process and self._up:
            self._up = False
            self._on_lost(status)
