"""Who is where: the swarm is asked for its nodes and for our tasks, often while something is expected."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minipaas.errors import DynoProblem
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.swarm.node import Node, nodes_of
from minipaas.runtime.swarm.process import TaskProcess
from minipaas.runtime.swarm.task import tasks_of

if TYPE_CHECKING:
    from docker import APIClient

_SOON_S = 0.1
_CALM_S = 0.5
#: Memory is asked for in rounds; each costs a node a second for each dyno.
_MEASURE_S = 10.0
#: The swarm has so long to find its node fit for a task, or to say why not.
PATIENCE_S = 60.0


class Roster:
    """Tells processes what becomes of their tasks, and whoever attends what becomes of nodes.

    Args:
        filters: the engine's, for the tasks that are ours.
    """

    def __init__(self, engine: Engine, filters: dict[str, list[str]], nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        #: Called with each node that has changed; set by whoever attends.
        self.on_node: Callable[[Node], None] = lambda _node: None
        self._engine = engine
        self._filters = filters
        self._processes: dict[str, TaskProcess] = {}
        self._wake = asyncio.Event()
        self._work = [asyncio.ensure_future(self._watch()), asyncio.ensure_future(self._measure())]

    def add(self, process: TaskProcess) -> None:
        """Tell this one from now on."""
        self._processes[process.service] = process
        self._wake.set()

    def drop(self, service: str) -> None:
        """No longer."""
        self._processes.pop(service, None)

    def hurry(self) -> None:
        """Something is about to happen."""
        self._wake.set()

    async def close(self) -> None:
        """Ask no more."""
        for each in self._work:
            each.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            with suppress(DynoProblem):  # the manager is being restarted: ask again
                nodes, tasks = await self._engine.call("ask the swarm", self._look)
                self._hear_of_nodes(nodes_of(nodes))
                known = tasks_of(tasks)
                for process in list(self._processes.values()):
                    process.seen(known.get(process.service))
            await self._pause()

    async def _pause(self) -> None:
        restless = any(process.restless for process in self._processes.values())
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SOON_S if restless else _CALM_S):
                await self._wake.wait()
                await asyncio.sleep(_SOON_S)

    def _look(self, api: "APIClient") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Nodes first: what ends because of its node is then known to."""
        nodes: Any = api.nodes()
        tasks: Any = api.tasks(filters=self._filters) if self._processes else []  # type: ignore[no-untyped-call]
        return nodes, tasks

    def _hear_of_nodes(self, nodes: Iterable[Node]) -> None:
        before, self.nodes = self.nodes, {node.id: node for node in nodes}
        for node in self.nodes.values():
            if node != before.get(node.id):
                self.on_node(node)
            if not node.alive:
                self._lose(node.id)
        for gone in before.keys() - self.nodes.keys():
            self._lose(gone)

    def _lose(self, node: str) -> None:
        for process in list(self._processes.values()):
            if process.task is not None and process.task.node == node:
                process.lose()

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(_MEASURE_S)
            await asyncio.gather(*(process.measure() for process in list(self._processes.values())))
