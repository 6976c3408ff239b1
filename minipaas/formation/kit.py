"""What every dyno of an app shares: the services it is run with, and the release it runs."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Protocol

from minipaas.clock import Clock
from minipaas.frozen import frozen
from minipaas.limits import Limits
from minipaas.model.dyno import DynoState
from minipaas.model.logline import Source
from minipaas.runtime.base import Output, Runtime


@frozen(kw_only=True)
class Run:
    """What a release means for its dynos: `slug` becomes /app, `commands` by process type, config vars."""

    version: int
    slug: Path
    commands: Mapping[str, str]
    config: Mapping[str, str]


class Log(Protocol):
    """The app's channel, as far as dynos write to it."""

    def stream(self, process: str) -> Output:
        """Where a dyno's output goes."""

    def say(self, source: Source, process: str, text: str) -> None:
        """One line of the platform's own."""


class Route(Protocol):
    """The app's place in the router, as far as dynos appear in it."""

    def set_dynos(self, states: Mapping[str, DynoState]) -> None:
        """All web dynos of the formation with their states."""

    def serve(self, dyno: str, life: str, address: str, port: int) -> None:
        """Requests may go to this life from now on."""

    def drain(self, life: str) -> Awaitable[None]:
        """No new requests; done when none is in flight."""

    def remove(self, life: str) -> None:
        """The life is over."""


class Ports(Protocol):
    """Hands out free ports."""

    def take(self) -> int:
        """A random free port."""

    def give_back(self, port: int) -> None:
        """No longer used."""


class PortWatch(Protocol):
    """Tells when a port is listened on."""

    async def bound(self, port: int, address: str) -> str:
        """Wait until `address`:`port` can be reached; the address that was bound."""


class Tasks:
    """Owns the tasks of a service; a failure inside one is told, never lost.

    Args:
        on_failure: gets what a task raised; cancellation is no failure.
    """

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._on_failure = on_failure

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def cancel(self) -> None:
        """End all of them and wait until they have ended."""
        mine = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_failure(error)


@frozen(kw_only=True)
class Kit:
    """The services one app's dynos are run with."""

    app: str
    runtime: Runtime
    limits: Limits
    clock: Clock
    rng: random.Random
    ports: Ports
    watch: PortWatch
    log: Log
    route: Route
    tasks: Tasks

    def say(self, dyno: object, text: str) -> None:
        """A line `heroku[web.1]: ...`."""
        self.log.say(Source.HEROKU, str(dyno), text)
