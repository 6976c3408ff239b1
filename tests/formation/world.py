"""A dyno manager among fakes: processes that do what the test says, a route and a log that remember."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minipaas.errors import DynoProblem
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run, Tasks
from minipaas.formation.manager import DynoManager
from minipaas.limits import Limits
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import DynoName, DynoState, Exit, Size
from minipaas.model.logline import Source
from minipaas.runtime.base import (
    Capabilities,
    Console,
    DynoProcess,
    FileChange,
    Host,
    Launch,
    Listener,
    Memory,
    Output,
    Terminal,
)
from tests.fakes import FakeClock, settle


class RememberingConsole:
    """What was typed, and what became of the connection."""

    def __init__(self) -> None:
        self.heard = b""
        self.events: list[str] = []

    async def write(self, data: bytes) -> None:
        self.heard += data

    def end_input(self) -> None:
        self.events.append("end")

    def resize(self, terminal: Terminal) -> None:
        self.events.append(f"{terminal.rows}x{terminal.columns}")

    def pause(self) -> None:
        self.events.append("pause")

    def resume(self) -> None:
        self.events.append("resume")

    def hang_up(self) -> None:
        self.events.append("hang up")


class ScriptedProcess:
    """A process that the test lets live, listen and end."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.id = launch.id
        self.pid = 4000
        self.polite = True
        self.signals: list[str] = []
        self.console: Console | None = RememberingConsole() if launch.attached else None
        self.used_bytes = 0
        self.used_cpu_s = 0.0
        self.elsewhere: list[Listener] = []
        self.discarded = False
        self._exit: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    def end(self, status: int, *, killed_by_memory: bool = False) -> None:
        """It exits."""
        if not self._exit.done():
            self._exit.set_result(Exit(status, killed_by_memory))

    async def wait(self) -> Exit:
        return await asyncio.shield(self._exit)

    def terminate(self) -> None:
        self.signals.append("TERM")
        if self.polite:
            self.end(143)

    def hang_up(self) -> None:
        self.signals.append("HUP")

    def kill(self) -> None:
        self.signals.append("KILL")
        self.end(137)

    def memory(self) -> Memory:
        return Memory(self.used_bytes)

    def cpu_s(self) -> float:
        return self.used_cpu_s

    def pids(self) -> list[int]:
        return [self.pid]

    def listeners(self) -> list[Listener]:
        return self.elsewhere

    def writes(self) -> list[FileChange]:
        return []

    def discard(self) -> None:
        self.discarded = True


class ScriptedRuntime:
    """Launches scripted processes, or refuses."""

    name = "scripted"

    def __init__(self) -> None:
        self.processes: list[ScriptedProcess] = []
        self.refuse: str | None = None

    def capabilities(self) -> Capabilities:
        raise NotImplementedError

    def inside(self, source: Path, target: str) -> str:
        return target

    async def start(self, launch: Launch) -> DynoProcess:
        if self.refuse is not None:
            raise DynoProblem(self.refuse)
        process = ScriptedProcess(launch)
        self.processes.append(process)
        return process

    async def sweep(self) -> int:
        return 0

    async def close(self) -> None:
        return


class ScriptedWatch:
    """Ports are bound when the test says so, or at once."""

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once
        self._waiting: dict[int, asyncio.Event] = {}

    async def bound(self, port: int, address: str) -> str:
        if not self.at_once:
            await self._waiting.setdefault(port, asyncio.Event()).wait()
        return address

    def bind(self, port: int) -> None:
        self._waiting.setdefault(port, asyncio.Event()).set()


class CountingPorts:
    """5001, 5002, ... and which of them are in use."""

    def __init__(self) -> None:
        self.used: set[int] = set()
        self._next = 5000

    def take(self) -> int:
        self._next += 1
        self.used.add(self._next)
        return self._next

    def give_back(self, port: int) -> None:
        self.used.discard(port)


class RememberingRoute:
    """What the router was told."""

    def __init__(self) -> None:
        self.states: Mapping[str, DynoState] = {}
        self.serving: dict[str, str] = {}
        self.busy: dict[str, asyncio.Future[None]] = {}

    def set_dynos(self, states: Mapping[str, DynoState]) -> None:
        self.states = states

    def serve(self, dyno: str, life: str, address: str, port: int) -> None:
        self.serving[life] = dyno

    def drain(self, life: str) -> "asyncio.Future[None]":
        self.serving.pop(life, None)
        idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if life not in self.busy:
            idle.set_result(None)
        return self.busy.setdefault(life, idle)

    def remove(self, life: str) -> None:
        self.serving.pop(life, None)


class RememberingLog:
    """Every line, as `web.1: text`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stream(self, process: str) -> Output:
        return lambda _data: None

    def say(self, source: Source, process: str, text: str) -> None:
        self.lines.append(f"{process}: {text}")


@dataclass
class World:
    """A manager, and everything it touches."""

    clock: FakeClock
    limits: Limits = field(default_factory=Limits)
    at_once: bool = True

    def __post_init__(self) -> None:
        self.runtime = ScriptedRuntime()
        self.watch = ScriptedWatch(at_once=self.at_once)
        self.ports = CountingPorts()
        self.route = RememberingRoute()
        self.log = RememberingLog()
        self.failures: list[BaseException] = []
        self.cells = Cells([Host(name, f"127.0.1.{at}", Path("/none")) for at, name in enumerate("abc", 1)])
        self.kit = Kit(
            app="shop",
            runtime=self.runtime,
            limits=self.limits,
            clock=self.clock,
            rng=random.Random(7),
            ports=self.ports,
            watch=self.watch,
            log=self.log,
            route=self.route,
            tasks=Tasks(self.failures.append),
        )
        self.manager = DynoManager(self.kit, self.cells)

    @property
    def processes(self) -> list[ScriptedProcess]:
        return self.runtime.processes

    async def release(
        self, version: int = 1, size: Size | None = None, *, preboot: bool = False, **quantities: int
    ) -> None:
        commands = {"web": "serve -p $PORT", "worker": "work"}
        run = Run(version=version, slug=Path("/slug"), commands=commands, config={"A": "1"})
        entries = {
            type_: FormationEntry(quantity, size) if size else FormationEntry(quantity)
            for type_, quantity in quantities.items()
        }
        self.manager.release(run, entries, preboot=preboot)
        await settle()

    def state(self, name: str) -> DynoState:
        found = DynoName.parse(name)
        assert found is not None
        return self.manager.slots[found].state

    def told(self) -> list[str]:
        """The lines since the last call."""
        lines, self.log.lines = self.log.lines, []
        return lines
