"""What is done to hosts: they fail, are drained, and recover, with the dynos of all apps on them."""

from typing import Protocol

from minipaas.clock import SystemClock
from minipaas.control.app import RunningApp
from minipaas.control.settings import Settings
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Tasks


class Machines(Protocol):
    """The real machines that hosts are, told of what was done to a host."""

    async def drained(self, host: str) -> None:
        """It is to have no dynos."""

    async def recovered(self, host: str) -> None:
        """It may have some again."""


class Platform(Protocol):
    """The control plane, as far as hosts go."""

    apps: dict[str, RunningApp]
    cells: Cells
    clock: SystemClock
    cluster: Machines | None
    settings: Settings
    tasks: Tasks


def fail(plane: Platform, name: str, for_s: float | None = None) -> None:
    """The host's dynos vanish by SIGKILL and come up elsewhere.

    Args:
        for_s: it recovers by itself then; None: when it is told to.

    Raises:
        NotFound: there is no such host.
        UsageProblem: it is the last one that works.
    """
    plane.cells.fail(name)
    for app in plane.apps.values():
        app.dynos.host_failed(name)
    if for_s is not None:
        plane.clock.call_later(for_s, lambda: plane.cells.recover(name))


def drain(plane: Platform, name: str) -> None:
    """The host takes no more dynos, and those it has move elsewhere; a node of a swarm is drained there, too.

    Raises:
        NotFound: there is no such host.
        UsageProblem: it is the last one that takes dynos.
    """
    plane.cells.drain(name)
    for app in plane.apps.values():
        app.dynos.host_drained(name)
    if plane.cluster is not None:
        plane.tasks.start(plane.cluster.drained(name))


def recover(plane: Platform, name: str) -> None:
    """The host takes dynos again; none moves back by itself.

    Raises:
        NotFound: there is no such host.
    """
    plane.cells.recover(name)
    if plane.cluster is not None:
        plane.tasks.start(plane.cluster.recovered(name))
