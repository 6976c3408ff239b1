"""Real machines: what a swarm says of its nodes is news of hosts, and what is asked of hosts is told the swarm."""

from minipaas.control import hosts
from minipaas.errors import DynoProblem, NotFound, UsageProblem
from minipaas.model.logline import Source
from minipaas.runtime.base import Runtime
from minipaas.runtime.swarm.node import Node
from minipaas.runtime.swarm.runtime import SwarmRuntime

_LOOK_S = 0.2


class Cluster:
    """Follows the nodes of the platform's swarm."""

    def __init__(self, plane: hosts.Platform, runtime: Runtime) -> None:
        assert isinstance(runtime, SwarmRuntime), f"{runtime.name} has no machines of its own"
        self._plane = plane
        self._runtime = runtime
        #: Hosts that the swarm took away, which is not to be mixed up with those a user let fail.
        self._lost: set[str] = set()
        runtime.attend(self._heard)

    def _heard(self, node: Node, reached: bool) -> None:
        """Where no host is left, nothing is told to move; the dynos there end, and start when one is back."""
        try:
            self._follow(node, reached=reached)
        except UsageProblem as problem:
            self._say(problem.message)

    def _follow(self, node: Node, *, reached: bool) -> None:
        state = self._state_of(node, reached=reached)
        if not state:
            return
        if not node.alive:
            self._lost.add(node.name)
            if state == "up":
                hosts.fail(self._plane, node.name)
        elif node.availability != "active":
            self._lost.add(node.name)
            if state == "up":
                hosts.drain(self._plane, node.name)
        elif node.name in self._lost:
            self._lost.discard(node.name)
            self._plane.cells.recover(node.name)
            self._say(f"Host {node.name} is back")

    def _state_of(self, node: Node, *, reached: bool) -> str:
        """Empty for a node that is no host; one that has joined the swarm becomes one if images reach it."""
        cells = self._plane.cells
        try:
            cells.find(node.name)
        except NotFound:
            if not (reached and node.takes_dynos):
                return ""
            cells.join(self._runtime.host_of(node))
        return cells.state(node.name)

    async def drained(self, host: str) -> None:
        """Let the swarm drain it too, once its dynos have left in their own time."""
        clock, limits = self._plane.clock, self._plane.settings.limits
        deadline = clock.monotonic() + limits.boot_timeout_s + limits.exit_timeout_s
        while self._plane.cells.load(host) and clock.monotonic() < deadline:
            await clock.sleep(_LOOK_S)
        if self._plane.cells.state(host) == "drained":
            await self._set(host, "drain")

    async def recovered(self, host: str) -> None:
        """Let the swarm use it again."""
        await self._set(host, "active")

    async def _set(self, host: str, wanted: str) -> None:
        try:
            await self._runtime.set_availability(host, wanted)
        except DynoProblem as problem:
            self._say(problem.message)

    def _say(self, text: str) -> None:
        for app in self._plane.apps.values():
            app.channel.say(Source.HEROKU, "hosts", text)
