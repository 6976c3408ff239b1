"""Containers, and services of a swarm, that a platform left on its engine when it was killed.

Their processes are dead, the warden has seen to that; what stays is the engine's to remove. A note in the home folder
names the engine, so that whoever comes next finds them, `down` too, and `up` with another runtime.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.traces import home_id

if TYPE_CHECKING:
    from docker import APIClient


def note(state: Path, host: str) -> None:
    """A platform of this home begins to use that engine.

    Raises:
        OSError: the home folder cannot be written.
    """
    _place(state).parent.mkdir(parents=True, exist_ok=True)
    _place(state).write_text(host)


def took_down(state: Path) -> None:
    """It has left nothing there."""
    _place(state).unlink(missing_ok=True)


async def clear_leftovers(state: Path) -> int:
    """Remove the containers and services of this home; how many. Only while no platform has it.

    An engine that is not there is left alone, and the note stays for the next time.
    """
    with suppress(RuntimeMissing, DynoProblem, OSError):
        engine = await Engine.connect(_place(state).read_text().strip())
        try:
            gone = await engine.call(
                "clear containers", lambda api: remove_containers(api, home_id(state), lambda _marks: True)
            )
            if manages(engine):
                gone += await engine.call(
                    "clear services", lambda api: remove_services(api, home_id(state), lambda _marks: True)
                )
        finally:
            await engine.close()
        took_down(state)
        return gone
    return 0


def remove_containers(api: "APIClient", home: str, which: Callable[[Mapping[str, str]], bool]) -> int:
    """Remove a home's containers whose labels are such; how many. Blocking."""
    stale = [each for each in api.containers(all=True, filters=labels.of_home(home)) if which(each["Labels"])]
    for each in stale:
        with suppress(OSError):  # gone meanwhile
            api.remove_container(each["Id"], force=True, v=True)
    return len(stale)


def manages(engine: Engine) -> bool:
    """Whether the engine is a manager of a swarm, and knows of services."""
    facts: Any = engine.facts.get("Swarm") or {}
    return bool(facts.get("ControlAvailable"))


def remove_services(api: "APIClient", home: str, which: Callable[[Mapping[str, str]], bool]) -> int:
    """Remove a home's services whose labels are such, and with each its dyno; how many. Blocking."""
    all_ = api.services(filters=labels.of_home(home))  # type: ignore[no-untyped-call]
    stale = [each["ID"] for each in all_ if which(each["Spec"].get("Labels") or {})]
    for each in stale:
        with suppress(OSError):  # gone meanwhile
            api.remove_service(each)  # type: ignore[no-untyped-call]
    return len(stale)


def _place(state: Path) -> Path:
    return state / "runtime" / "docker"
