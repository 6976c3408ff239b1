"""A machine of the swarm, as the swarm tells of it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_UNKNOWN = ("", "0.0.0.0")


@dataclass(frozen=True, slots=True)
class Node:
    """`alive` is what the managers think, some seconds after the fact; `availability` what people want of it.

    `availability` is active, pause (takes no new dynos) or drain (is to have none).
    """

    id: str
    name: str
    address: str
    alive: bool
    availability: str

    @property
    def takes_dynos(self) -> bool:
        """Whether a new one may go there."""
        return self.alive and self.availability == "active"


def nodes_of(told: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    """The engine's list, by name; machines of equal host names have a part of their id behind it."""
    all_ = list(told)
    times = Counter(_name(each) for each in all_)
    nodes = (_node(each, unique=times[_name(each)] == 1) for each in all_)
    return tuple(sorted(nodes, key=lambda node: node.name))


def _node(told: Mapping[str, Any], *, unique: bool) -> Node:
    name = _name(told)
    return Node(
        id=str(told["ID"]),
        name=name if unique else f"{name}-{told['ID'][:5]}",
        address=_address(told),
        # `unknown` is what a manager says in the seconds after its own start; `disconnected` comes before `down`.
        alive=told.get("Status", {}).get("State") not in ("down", "disconnected"),
        availability=str(told.get("Spec", {}).get("Availability", "active")),
    )


def _name(told: Mapping[str, Any]) -> str:
    return str(told.get("Description", {}).get("Hostname") or told["ID"][:12])


def _address(told: Mapping[str, Any]) -> str:
    """Managers on some engines do not know their own, but how the others reach them."""
    address = str(told.get("Status", {}).get("Addr", ""))
    if address in _UNKNOWN:
        address = str(told.get("ManagerStatus", {}).get("Addr", "")).rpartition(":")[0]
    return address.strip("[]")
