"""One run of a dyno's container, as the swarm tells of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_OVER = ("complete", "failed", "shutdown", "rejected", "orphaned", "remove")
#: What the swarm says of a process whose status it did not learn.
_KILLED = 137


@dataclass(frozen=True, slots=True)
class Task:
    """`state` in the swarm's words; `error` is its reason where something went wrong, empty otherwise."""

    service: str
    node: str
    state: str
    error: str
    container: str
    status: int

    @property
    def runs(self) -> bool:
        """Whether its container was started, and is there."""
        return self.state == "running"

    @property
    def over(self) -> bool:
        """It will not run again."""
        return self.state in _OVER

    @property
    def began(self) -> bool:
        """Whether there ever was a container."""
        return bool(self.container)


def tasks_of(told: Iterable[Mapping[str, Any]]) -> dict[str, Task]:
    """The first task of each service, by the service's id.

    A service here is one life of a dyno: what the swarm would put in a task's place afterwards never finds a node.
    """
    found: dict[str, Task] = {}
    for each in sorted(told, key=lambda one: str(one["CreatedAt"])):
        found.setdefault(str(each["ServiceID"]), _task(each))
    return found


def _task(told: Mapping[str, Any]) -> Task:
    status = told.get("Status", {})
    container = status.get("ContainerStatus") or {}
    code = int(container.get("ExitCode", 0) or 0)
    return Task(
        service=str(told["ServiceID"]),
        node=str(told.get("NodeID", "")),
        state=str(status.get("State", "new")),
        error=str(status.get("Err", "")),
        container=str(container.get("ContainerID", "")),
        status=code if code >= 0 else _KILLED,
    )
