"""What is known of a swarm at first: its manager, its nodes, their engines, and the way back from them."""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minipaas.errors import RuntimeMissing
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.swarm.node import Node, nodes_of
from minipaas.runtime.swarm.relay import Network

if TYPE_CHECKING:
    from docker import APIClient

#: Engines of nodes, in DOCKER_HOST's syntax, with commas between.
ENGINES = "MINIPAAS_SWARM_ENGINES"
#: How nodes reach this machine, where that cannot be seen.
ADDRESS = "MINIPAAS_SWARM_ADDRESS"


@dataclass(frozen=True, slots=True)
class Membership:
    """`engines` are those that are known, by their node's id, the manager's among them.

    `address` is how nodes reach this machine, `networks` are the manager's engine's own bridges.
    """

    manager: Engine
    engines: Mapping[str, Engine]
    nodes: tuple[Node, ...]
    address: str
    networks: tuple[Network, ...]

    @classmethod
    async def find(cls, undo: AsyncExitStack) -> "Membership":
        """Connect to the manager, and to the engines that MINIPAAS_SWARM_ENGINES names; `undo` closes them.

        Raises:
            RuntimeMissing: one of them does not answer, or is not of a swarm.
            DynoProblem: the manager failed.
        """
        manager = await Engine.connect()
        undo.push_async_callback(manager.close)
        engines = {_see_that_it_manages(manager): manager}
        for host in re.split(r"[,\s]+", os.environ.get(ENGINES, "").strip()):
            if host and host != manager.host:
                engine = await Engine.connect(host)
                undo.push_async_callback(engine.close)
                engines.setdefault(_node_id(engine), engine)
        nodes = nodes_of(await manager.call("list the swarm's nodes", _nodes))
        address = os.environ.get(ADDRESS, "") or _own_address(node.address for node in nodes)
        networks = await manager.call("list the engine's networks", _bridges)
        return cls(manager, engines, nodes, address, tuple(networks))


def _see_that_it_manages(engine: Engine) -> str:
    """The id of its node.

    Raises:
        RuntimeMissing: it is in no swarm, or only works in one.
    """
    facts: Any = engine.facts.get("Swarm") or {}
    if facts.get("LocalNodeState") != "active":
        raise RuntimeMissing(
            f"cannot use Docker Swarm: the engine at {engine.host} is in no swarm",
            "`docker swarm init` makes one of this machine, or set DOCKER_HOST to a swarm's manager",
        )
    if not facts.get("ControlAvailable"):
        raise RuntimeMissing(
            f"cannot use Docker Swarm: the engine at {engine.host} is a worker",
            "set DOCKER_HOST to a manager of the swarm, or `docker node promote` this node there",
        )
    return str(facts["NodeID"])


def _node_id(engine: Engine) -> str:
    facts: Any = engine.facts.get("Swarm") or {}
    if not facts.get("NodeID"):
        raise RuntimeMissing(
            f"cannot use the engine at {engine.host}: it is in no swarm", f"take it out of {ENGINES}, or let it join"
        )
    return str(facts["NodeID"])


def _own_address(others: Iterable[str]) -> str:
    """Where a packet to a node would come from; no packet is sent."""
    for other in others:
        try:
            with socket.socket(socket.AF_INET6 if ":" in other else socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((other, 9))
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return "127.0.0.1"


def _bridges(api: "APIClient") -> list[Network]:
    found = api.networks(filters={"driver": "bridge"})
    places = [place for each in found for place in (each.get("IPAM") or {}).get("Config") or ()]
    return [ipaddress.ip_network(place["Subnet"], strict=False) for place in places if place.get("Subnet")]


def _nodes(api: "APIClient") -> list[Mapping[str, Any]]:
    return list(api.nodes())
