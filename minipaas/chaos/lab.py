"""The lab: dynos of one app, booted and stopped by hand, each with an identity of its own.

Nothing of a running platform is touched: own home, own hosts, own ports. Every dyno has a fresh name of its
host, a fresh port and start time, so that what an app tells of itself differs in calm runs too and is not
taken for a loss.
"""

import asyncio
import random
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from minipaas.chaos.cpu import cpu_of
from minipaas.chaos.elsewhere import serves_elsewhere
from minipaas.chaos.keeper import SharedDisk
from minipaas.clock import Clock
from minipaas.errors import DynoProblem
from minipaas.model.dyno import DEFAULT_SIZE, Exit
from minipaas.runtime.base import Bind, DynoProcess, Host, Launch, Listener, Runtime
from minipaas.runtime.ports import Ports
from minipaas.runtime.portwatch import port_watch

#: Lines of a dyno's output that are kept for the report.
_OUTPUT_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """The app under test: its slug, the commands of its process types, its config vars."""

    name: str
    release: str
    slug: Path
    commands: Mapping[str, str]
    config: Mapping[str, str]


class NotUp(Exception):
    """A web dyno did not come up; an app's failure, told as a finding."""

    def __init__(self, dyno: "LabDyno", exit_: Exit | None, listeners: Sequence[Listener] = ()) -> None:
        super().__init__(f"{dyno.name} did not come up")
        self.dyno = dyno
        self.exit = exit_
        self.listeners = tuple(listeners)


class LabDyno:
    """One dyno of the lab, from launch to exit."""

    def __init__(self, name: str, host: Host, port: int, disk: SharedDisk | None) -> None:
        self.name = name
        self.host = host
        self.port = port
        self.disk = disk
        self.id = str(uuid.uuid4())
        self.process: DynoProcess | None = None
        self.exited: asyncio.Task[Exit] | None = None
        self.started_at = 0.0
        self.boot_s: float | None = None
        #: Whether a request was answered with more than 503, or long enough waited for.
        self.answered = False
        self._output: deque[bytes] = deque(maxlen=_OUTPUT_LINES)
        self._partial = b""

    def take(self, data: bytes) -> None:
        """Output of the process."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        self._partial = self._partial[-10_000:]
        self._output.extend(lines)

    def last_lines(self, count: int = 20) -> tuple[str, ...]:
        """The end of its output."""
        lines = [*self._output, *([self._partial] if self._partial else [])]
        return tuple(line.decode(errors="replace") for line in lines[-count:])

    @property
    def alive(self) -> bool:
        """Whether it has not exited."""
        return self.exited is not None and not self.exited.done()


class Route(Protocol):
    """Where other apps of the lab find this one, told what its web dynos do."""

    def starts(self, dyno: LabDyno) -> None:
        """It was launched."""

    def serves(self, dyno: LabDyno) -> None:
        """It listens."""

    def leaves(self, dyno: LabDyno) -> None:
        """It is about to be told to stop."""

    def is_gone(self, dyno: LabDyno) -> None:
        """It has ended."""


class Lab:
    """Boots dynos of one specimen and keeps track of them.

    Args:
        boot_timeout_s: how long a web dyno may take to bind its port.
        exit_timeout_s: from SIGTERM to SIGKILL when a dyno is stopped.
    """

    def __init__(
        self,
        specimen: Specimen,
        *,
        runtime: Runtime,
        hosts: Sequence[Host],
        folder: Path,
        clock: Clock,
        rng: random.Random,
        boot_timeout_s: float = 60.0,
        exit_timeout_s: float = 5.0,
    ) -> None:
        self.specimen = specimen
        self.clock = clock
        self.rng = rng
        self.boots: list[float] = []
        self._runtime = runtime
        self._hosts = hosts
        self._folder = folder
        # Ports are no part of what a seed repeats: two runs of one seed may stand side by side.
        self._ports = Ports(random.SystemRandom())
        self._route: Route | None = None
        self._remote = False
        self._watch = port_watch(clock, remote=False)
        self._boot_timeout_s = boot_timeout_s
        self._exit_timeout_s = exit_timeout_s
        self._turn = 0
        self._disks = 0
        self._living: set[LabDyno] = set()

    def spread(self) -> None:
        """Before the first boot: hosts are real machines, of which the first has the folders a dyno may be given."""
        self._remote = True
        self._watch = port_watch(self.clock, remote=True)

    def join(self, ports: Ports, route: Route | None) -> None:
        """Before the first boot: stand beside other labs, whose ports are not to be taken.

        Args:
            route: where other apps find this one; None when there are none.
        """
        self._ports = ports
        self._route = route

    async def boot(
        self,
        number: int = 1,
        *,
        process_type: str = "web",
        disk: SharedDisk | None = None,
        extra: Mapping[str, str] | None = None,
        binds: Sequence[Bind] = (),
        wait: bool = True,
    ) -> LabDyno:
        """Start a dyno; a web dyno is returned once it listens.

        Args:
            disk: what dynos before it wrote; None gives the slug as it was built.
            extra: more environment.
            wait: False returns a web dyno at once, see `listening`.

        Raises:
            NotUp: it exited, or did not bind its port in time.
        """
        dyno = LabDyno(
            f"{process_type}.{number}", self._next_host(folders=bool(disk or binds)), self._ports.take(), disk
        )
        self._living.add(dyno)
        if self._route is not None and process_type == "web":
            self._route.starts(dyno)
        dyno.started_at = self.clock.monotonic()
        try:
            dyno.process = await self._runtime.start(self._launch(dyno, process_type, extra or {}, binds))
        except DynoProblem:
            self._forget(dyno)
            raise
        dyno.exited = asyncio.ensure_future(dyno.process.wait())
        if process_type == "web" and wait:
            await self.listening(dyno)
        return dyno

    async def run_once(self, process_type: str, limit_s: float = 120.0) -> Exit:
        """Run a process type to its end, as the release phase does."""
        dyno = await self.boot(1, process_type=process_type)
        assert dyno.exited is not None
        await asyncio.wait({dyno.exited}, timeout=limit_s)
        return await self.kill(dyno)

    async def listening(self, dyno: LabDyno) -> None:
        """Wait until a web dyno has bound its port.

        Raises:
            NotUp: it exited, or did not bind its port in time.
        """
        assert dyno.exited is not None
        assert dyno.process is not None
        bound = asyncio.ensure_future(self._watch.bound(dyno.port, dyno.host.address))
        astray = asyncio.ensure_future(self._astray(dyno))
        left = dyno.started_at + self._boot_timeout_s - self.clock.monotonic()
        try:
            await asyncio.wait(
                {bound, astray, dyno.exited}, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            astray.cancel()
        if bound.done():
            dyno.boot_s = self.clock.monotonic() - dyno.started_at
            self.boots.append(dyno.boot_s)
            if self._route is not None:
                self._route.serves(dyno)
            return
        bound.cancel()
        if dyno.exited.done():
            raise NotUp(dyno, dyno.exited.result())
        listeners = dyno.process.listeners()
        await self.kill(dyno)
        raise NotUp(dyno, None, listeners)

    async def _astray(self, dyno: LabDyno) -> None:
        assert dyno.process is not None
        process = dyno.process
        await serves_elsewhere(process.listeners, lambda: cpu_of(process.pids()), dyno.host.address, self.clock)

    def _launch(self, dyno: LabDyno, process_type: str, extra: Mapping[str, str], binds: Sequence[Bind]) -> Launch:
        specimen, disk = self.specimen, dyno.disk
        own = (Bind(disk.tmp, "/tmp", writable=True),) if disk else ()
        marks = {"DYNO": dyno.name, "PORT": str(dyno.port), "WEB_CONCURRENCY": "1"}
        return Launch(
            id=dyno.id,
            host=dyno.host,
            command=specimen.commands[process_type],
            env={**specimen.config, **marks, **extra},
            slug=specimen.slug,
            kept=disk.layers if disk else (),
            binds=(*own, *binds),
            size=DEFAULT_SIZE,
            hostname=dyno.id,
            output=dyno.take,
        )

    async def stop(self, dyno: LabDyno) -> Exit:
        """SIGTERM to all its processes, SIGKILL when they take too long."""
        assert dyno.process is not None
        assert dyno.exited is not None
        if self._route is not None:
            self._route.leaves(dyno)
        dyno.process.terminate()
        await asyncio.wait({dyno.exited}, timeout=self._exit_timeout_s)
        return await self.kill(dyno)

    async def kill(self, dyno: LabDyno) -> Exit:
        """SIGKILL to all its processes; its own disk is gone then, one that outlives it has what it wrote."""
        assert dyno.process is not None
        assert dyno.exited is not None
        if not dyno.exited.done():
            dyno.process.kill()
        exit_ = await dyno.exited
        if dyno in self._living:
            self._forget(dyno)
            if dyno.disk is not None:
                dyno.disk.keep(dyno.process.writes())
            dyno.process.discard()
        return exit_

    def _forget(self, dyno: LabDyno) -> None:
        self._living.discard(dyno)
        self._ports.give_back(dyno.port)
        if self._route is not None:
            self._route.is_gone(dyno)

    def shared_disk(self) -> SharedDisk:
        """A disk that dynos can stand on one after another."""
        self._disks += 1
        disk = SharedDisk(self._folder / f"disk-{self._disks}")
        disk.make()
        return disk

    async def clear(self) -> None:
        """Kill what lives."""
        await asyncio.gather(*(self.kill(dyno) for dyno in list(self._living)), return_exceptions=True)

    def _next_host(self, *, folders: bool) -> Host:
        self._turn += 1
        if folders and self._remote:
            return self._hosts[0]
        return self._hosts[self._turn % len(self._hosts)]
