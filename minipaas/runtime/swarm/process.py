"""A dyno that is a task of the swarm."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minipaas.errors import DynoProblem
from minipaas.model.dyno import Exit
from minipaas.runtime.base import Console, FileChange, Launch, Listener, Memory
from minipaas.runtime.disk import Disk
from minipaas.runtime.docker.changes import changes_by_engine
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.swarm.output import ServiceLog
from minipaas.runtime.swarm.service import NOWHERE
from minipaas.runtime.swarm.sight import Sight
from minipaas.runtime.swarm.task import Task

if TYPE_CHECKING:
    from docker import APIClient

#: A container that runs and says nothing is taken as ready after so long.
_READY_S = 10.0
_KILLED = 137


class TaskProcess:
    """`pid` is its init where its node is this machine, else 0.

    Args:
        manager: the swarm's.
        engine: its node's own, where that is known: it can kill, and tell of memory and files.
        gone: told once by `discard`.
    """

    def __init__(
        self,
        launch: Launch,
        service: str,
        manager: Engine,
        engine: Engine | None,
        log: ServiceLog,
        gone: Callable[[], None],
    ) -> None:
        self.id = launch.id
        self.pid = 0
        self._sight: Sight | None = None
        self.console: Console | None = None
        self.service = service
        self.task: Task | None = None
        self.used = Memory(0)
        self.used_cpu_s = 0.0
        self._launch = launch
        self._manager = manager
        self._engine = engine
        self._log = log
        self._gone: Callable[[], None] | None = gone
        self._disk = Disk(launch.host.area / launch.id)
        loop = asyncio.get_running_loop()
        self._begun: asyncio.Future[None] = loop.create_future()
        self._exit: asyncio.Future[Exit] = loop.create_future()
        self._ending: asyncio.Task[None] | None = None
        self._stopping: set[asyncio.Task[None]] = set()
        self._stop_asked = False
        self._lost = False

    @property
    def restless(self) -> bool:
        """Whether news of it are expected any moment."""
        return not self._begun.done() or (self._stop_asked and not self.over)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._ending is not None

    async def begun(self) -> None:
        """Wait until signals reach the app, or it has ended.

        Raises:
            DynoProblem: it never began.
        """
        await asyncio.shield(self._begun)
        if self.task is not None and not self.over:
            news: list[asyncio.Future[Any]] = [self._log.ready, self._exit]
            await asyncio.wait(news, timeout=_READY_S, return_when=asyncio.FIRST_COMPLETED)

    async def look(self) -> None:
        """See whether it runs on this machine; only an engine at a Unix socket may be here."""
        task, engine = self.task, self._engine
        if engine is None or task is None or not task.began or not engine.host.startswith("unix://"):
            return
        with suppress(DynoProblem):
            found = await engine.call("look at a container", lambda api: dict(api.inspect_container(task.container)))
            self._sight = await asyncio.to_thread(Sight.of, task.container, found, self._launch)
            self.pid = self._sight.pid if self._sight else 0

    def seen(self, task: Task | None) -> None:
        """What the swarm says of it now; None: it knows nothing of it any more."""
        if self.over:
            return
        if task is None:
            if self.task is not None:
                self._end(_KILLED, reachable=False)
            return
        self.task = task
        if task.over and not task.began:
            self._never(task.error or "the swarm gives no reason")
        elif task.over:
            self._end(task.status, reachable=True)
        elif task.runs and not self._begun.done():
            self._begun.set_result(None)

    def _never(self, reason: str) -> None:
        if not self._begun.done():
            where = self._launch.host.name
            self._begun.set_exception(DynoProblem(f"cannot start a dyno on host {where}: {reason}"))
        self._end(_KILLED, reachable=False)

    def give_up(self, reason: str) -> None:
        """The swarm does not begin it."""
        self._never(reason)

    def lose(self) -> None:
        """Its node is gone, and it with it for all that can be known."""
        self._lost = True
        if not self.over:
            self._end(_KILLED, reachable=False)

    def _end(self, status: int, *, reachable: bool) -> None:
        if not self._begun.done():
            self._begun.set_result(None)
        self._ending = asyncio.ensure_future(self._come_to_an_end(status, reachable=reachable))

    async def _come_to_an_end(self, status: int, *, reachable: bool) -> None:
        exceeded = reachable and await self._exceeded_memory()
        await self._log.finish(reachable=reachable)
        self._exit.set_result(Exit(status, exceeded))

    async def _exceeded_memory(self) -> bool:
        if self._engine is None or self.task is None or self.task.status != _KILLED:
            return False
        container = self.task.container
        with suppress(DynoProblem):
            found = await self._engine.call("see how a container ended", lambda api: api.inspect_container(container))
            return bool(found["State"].get("OOMKilled"))
        return False

    async def wait(self) -> Exit:
        """Wait until the swarm says that it is over, or its node is, and its output is read to the end."""
        return await asyncio.shield(self._exit)

    def terminate(self) -> None:
        """SIGTERM to every process of the dyno, by its node's engine, or, 0.3 s later, by the swarm.

        For that its service is told to be nowhere, which ends its task.
        """
        if not self._signal("SIGTERM"):
            self._do(self._manager, lambda api: be_nowhere(api, self.service))

    def hang_up(self) -> None:
        """SIGHUP, where its node's engine is known."""
        self._signal("SIGHUP")

    def kill(self) -> None:
        """SIGKILL where its node's engine is known, else what the swarm has: SIGTERM, and SIGKILL after 31 s."""
        if self._lost:
            return
        if not self._signal("SIGKILL"):
            self.terminate()

    def _signal(self, name: str) -> bool:
        engine, task = self._engine, self.task
        if engine is None or task is None or not task.began:
            return False
        self._do(engine, lambda api: api.kill(task.container, name))
        return True

    def _do(self, engine: Engine, act: "Callable[[APIClient], object]") -> None:
        if self.over:
            return
        self._stop_asked = True
        doing = asyncio.ensure_future(_quietly(engine, act))
        self._stopping.add(doing)
        doing.add_done_callback(self._stopping.discard)

    def memory(self) -> Memory:
        """What its node's engine said some seconds ago; zero where that is not known, or when it ended."""
        if self.over:
            return Memory(0)
        return self._sight.memory() if self._sight else self.used

    def cpu_s(self) -> float:
        """As `memory`."""
        if self.over:
            return 0.0
        return self._sight.cpu_s() if self._sight else self.used_cpu_s

    async def measure(self) -> None:
        """Ask its node's engine, which takes a second for it."""
        if self._engine is None or self._sight or self.task is None or not self.task.runs or self.over:
            return
        container = self.task.container
        with suppress(DynoProblem, KeyError, TypeError):
            told = await self._engine.call("measure a container", lambda api: api.stats(container, stream=False))
            self.used = memory_of(told)
            self.used_cpu_s = int(told["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

    def pids(self) -> list[int]:
        """Its processes, where they are this machine's."""
        return self._sight.pids() if self._sight and not self.over else []

    def listeners(self) -> list[Listener]:
        """The TCP sockets its processes listen on, where they are this machine's."""
        return self._sight.listeners() if self._sight and not self.over else []

    def writes(self) -> list[FileChange]:
        """What it changed on its disk, until `discard`; nothing where its node's engine is not known.

        Of another machine's dynos `/tmp` is not told.
        """
        if self._gone is None:
            return []
        seen = self._sight.writes() if self._sight else None
        return list(seen) if seen is not None else self._writes_by_engine()

    def _writes_by_engine(self) -> list[FileChange]:
        engine, task = self._engine, self.task
        if engine is None or task is None or not task.began:
            return []
        with suppress(OSError):
            self._disk.make()
            return list(engine.now(lambda api: changes_by_engine(api, task.container, self._launch, self._disk)))
        return []

    def discard(self) -> None:
        """Remove its service, and with it the container. Only after `wait` returned."""
        if self._gone is not None:
            tell, self._gone = self._gone, None
            self._disk.discard()
            tell()


async def _quietly(engine: Engine, act: "Callable[[APIClient], object]") -> None:
    """Where the engine says no, the dyno is over already, or its node is lost; the swarm will tell."""
    with suppress(DynoProblem):
        await engine.call("stop a dyno", act)


def be_nowhere(api: "APIClient", service: str) -> None:
    """Let a service's task end politely, and keep it so that its exit status can be read: scaling to 0 would not."""
    known = api.inspect_service(service)  # type: ignore[no-untyped-call]
    spec: dict[str, Any] = known["Spec"]
    template = {**spec["TaskTemplate"], "Placement": {"Constraints": [NOWHERE]}}
    api.update_service(
        service,
        known["Version"]["Index"],
        task_template=template,
        name=spec["Name"],
        labels=spec.get("Labels"),
        mode=spec["Mode"],
        update_config={"Parallelism": 0, "Order": "stop-first"},
        endpoint_spec=spec["EndpointSpec"],
    )


def memory_of(told: dict[str, Any]) -> Memory:
    """The engine's figures without page cache; control groups of both versions have their own names for it."""
    memory = told["memory_stats"]
    stats = memory.get("stats", {})
    cache = int(stats.get("total_inactive_file", stats.get("inactive_file", 0)))
    return Memory(max(int(memory["usage"]) - cache, 0), cache_bytes=cache)
