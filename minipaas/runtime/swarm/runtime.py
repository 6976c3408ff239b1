"""The swarm runtime: hosts are the nodes of a Docker swarm, a dyno is a task with a place.

One life of a dyno is one service of one task that must be on one node. So the dyno manager decides where a dyno
stands, as on every runtime, and the swarm brings it there, tells what becomes of it, carries its log, and says which
nodes are lost. Builds, and dynos with a terminal or with folders of this machine, need this machine: they are
containers of the engine that is spoken to.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime.base import Capabilities, DynoProcess, Host, Launch
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.docker.images import UID, Images, stack_of
from minipaas.runtime.docker.leftovers import remove_services
from minipaas.runtime.docker.runtime import DockerRuntime
from minipaas.runtime.swarm.localnames import told_elsewhere
from minipaas.runtime.swarm.membership import Membership
from minipaas.runtime.swarm.node import Node
from minipaas.runtime.swarm.output import LogSource, ServiceLog
from minipaas.runtime.swarm.process import TaskProcess
from minipaas.runtime.swarm.relay import Relay
from minipaas.runtime.swarm.roster import PATIENCE_S, Roster
from minipaas.runtime.swarm.service import Service
from minipaas.runtime.swarm.shipping import Shipping
from minipaas.runtime.traces import Traces

if TYPE_CHECKING:
    from docker import APIClient

_NO_IMAGE = "No such image"


class SwarmRuntime:
    """Launches dynos as tasks. Made by `open`."""

    name = "swarm"

    def __init__(self, local: DockerRuntime, member: Membership, shipping: Shipping, state: Path, stack: str) -> None:
        traces = Traces(state)
        manager = member.manager
        self._area = state / "hosts"
        self._home = traces.home
        self._run = traces.mark("")[:-1]
        self._local = local
        self._manager = manager
        self._shipping = shipping
        self._stack = stack_of(stack)
        self._images = Images(manager, self._home, self._run)
        self._roster = Roster(manager, {"label": [f"{labels.RUN}={self._run}"]}, member.nodes)
        self._source = LogSource(manager.host)
        self._relay = Relay(member.address, self._addresses, member.networks)

    @classmethod
    async def open(cls, state: Path, stack: str = "", registry: str = "", *, fetch: bool = True) -> "SwarmRuntime":
        """Connect to a manager of a swarm, and to the engines of nodes that are named.

        Args:
            registry: where images go on their way to nodes; empty: only nodes take dynos whose engine is known.
            fetch: pull the stack's image where the manager's engine does not have it.

        Raises:
            RuntimeMissing: no such engine, it manages no swarm, no node can take dynos, or the stack is missing.
            DynoProblem: the engine failed.
        """
        async with AsyncExitStack() as undo:
            member = await Membership.find(undo)
            shipping = Shipping(member.manager, dict(member.engines), registry)
            if not any(node.takes_dynos and shipping.reaches(node.id) for node in member.nodes):
                raise RuntimeMissing("cannot use Docker Swarm: no node is ready to take dynos", "`docker node ls`")
            local = await DockerRuntime.open(state, stack, fetch=fetch)
            undo.push_async_callback(local.close)
            made = cls(local, member, shipping, state, stack)
            undo.pop_all()
        return made

    def _addresses(self) -> list[str]:
        return [node.address for node in self._roster.nodes.values()]

    def capabilities(self) -> Capabilities:
        """What tasks have; files and memory are told only where the node's engine is known."""
        lost = [
            f"host {node.name} takes no dynos: no registry is named, and its engine is not known"
            for node in self._roster.nodes.values()
            if not self._shipping.reaches(node.id)
        ]
        unknown = [each.name for each in self._reached() if each.id not in self._shipping.engines]
        if unknown:
            lost.append(f"memory and files of dynos on {', '.join(unknown)} are not seen, SIGKILL comes late there")
        return Capabilities(
            name=self.name,
            private_files=True,
            private_tmp=True,
            private_processes=True,
            read_only_stack=True,
            memory_limit=True,
            process_limit=True,
            lost=tuple(lost),
            stack=self._local.capabilities().stack,
            hosts=tuple(self.host_of(node) for node in self._reached() if node.takes_dynos),
        )

    def _reached(self) -> list[Node]:
        """The manager's own node first, which alone has this machine's folders."""
        own = self._shipping.engines
        found = [node for node in self._roster.nodes.values() if self._shipping.reaches(node.id)]
        return sorted(found, key=lambda node: own.get(node.id) is not self._manager)

    def host_of(self, node: Node) -> Host:
        """A node as the dyno manager knows it."""
        return Host(node.name, node.address, self._area / node.name)

    def attend(self, heard: Callable[[Node, bool], None]) -> None:
        """Be told of each node as it is now, and of each change: the node, and whether images reach it."""

        def told(node: Node) -> None:
            heard(node, self._shipping.reaches(node.id))

        for node in self._roster.nodes.values():
            told(node)
        self._roster.on_node = told

    async def set_availability(self, host: str, wanted: str) -> None:
        """Tell the swarm what a node is to do: `active` or `drain`.

        Raises:
            DynoProblem: the manager says no.
        """
        node = self._node(host)
        await self._manager.call(f"set the node {host} to {wanted}", lambda api: _set(api, node.id, wanted))
        self._roster.hurry()

    def _node(self, host: str) -> Node:
        for node in self._roster.nodes.values():
            if node.name == host:
                return node
        raise DynoProblem(f"cannot start a dyno on host {host}: it is no node of the swarm any more")

    def inside(self, source: Path, target: str) -> str:
        """Only builds are given folders, which are mapped: the target."""
        return target

    async def start(self, launch: Launch) -> DynoProcess:
        """Launch; see the protocol.

        Raises:
            DynoProblem: as the protocol has it; also where an image cannot be brought to the node.
        """
        if launch.slug is None:
            return await self._local.start(launch)
        if any("\0" in word for item in launch.env.items() for word in item):
            raise DynoProblem("cannot launch a dyno: its environment has a NUL character")
        env = await self._told_elsewhere(launch.env)
        if launch.binds or launch.kept or launch.attached:
            return await self._local.start(replace(launch, env=env))
        try:
            return await self._start(launch, env)
        except RuntimeMissing as missing:
            raise DynoProblem(missing.message, missing.hint) from missing
        except DynoProblem as problem:
            if _NO_IMAGE not in problem.message:
                raise
        self._images.forget()  # somebody has removed it
        self._shipping.forget(await self._images.of(launch.slug, self._stack.run))
        return await self._start(launch, env)

    async def _told_elsewhere(self, env: Mapping[str, str]) -> Mapping[str, str]:
        told, ports = told_elsewhere(env, self._relay.address)
        await self._relay.open(ports)
        return told

    async def _start(self, launch: Launch, env: Mapping[str, str]) -> DynoProcess:
        node = self._node(launch.host.name)
        image = await self._images.of(launch.slug, self._stack.run)
        wanted = Service(
            launch=launch,
            env=env,
            image=await self._shipping.bring(image, node.id),
            image_env=await self._images.env_names(image),
            node=node.id,
            uid=UID,
            labels=labels.container_labels("dyno", self._home, self._run, launch.id),
        )
        words = wanted.words()
        service = await self._manager.call("make a service", lambda api: _create(api, words))
        return await self._begin(launch, service, self._shipping.engines.get(node.id))

    async def _begin(self, launch: Launch, service: str, engine: Engine | None) -> DynoProcess:
        def gone() -> None:
            self._roster.drop(service)
            self._manager.soon(lambda api: _remove(api, service))

        log = ServiceLog(self._source, service, launch.output)
        process = TaskProcess(launch, service, self._manager, engine, log, gone)
        self._roster.add(process)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await process.begun()
                await process.look()
        except TimeoutError:
            process.give_up(process.task.error if process.task else "the swarm does not begin it")
            await process.wait()
            process.discard()
            await process.begun()
        except BaseException:
            process.lose()
            process.discard()
            raise
        return process

    async def sweep(self) -> int:
        """Remove the services an earlier platform on this home left, and what it left on this machine."""
        gone = await self._manager.call("clear an earlier platform's services", self._remove_services)
        return gone + await self._local.sweep()

    def _remove_services(self, api: "APIClient", *, own: bool = False) -> int:
        return remove_services(api, self._home, lambda marks: (marks.get(labels.RUN) == self._run) == own)

    async def close(self) -> None:
        """Let the engines go; what a launch that was given up has left goes too."""
        await self._roster.close()
        await self._source.close()
        await self._relay.close()
        with suppress(DynoProblem):  # the next `up` sweeps
            await self._manager.call("clear up", lambda api: self._remove_services(api, own=True))
        await self._local.close()
        for engine in self._shipping.engines.values():
            await engine.close()


def _set(api: "APIClient", node: str, wanted: str) -> None:
    known = api.inspect_node(node)
    spec: Any = {**known["Spec"], "Availability": wanted}
    api.update_node(node, known["Version"]["Index"], spec)


def _create(api: "APIClient", words: dict[str, Any]) -> str:
    return str(api.create_service(**words)["ID"])  # type: ignore[no-untyped-call]


def _remove(api: "APIClient", service: str) -> None:
    api.remove_service(service)  # type: ignore[no-untyped-call]
