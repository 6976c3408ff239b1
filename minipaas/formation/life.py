"""One life of a dyno: a process from its launch to its exit, on one host with one port."""

import asyncio
import uuid
from collections.abc import Callable

from minipaas.clock import Timer
from minipaas.errors import DynoProblem
from minipaas.formation import words
from minipaas.formation.kit import Kit, Run
from minipaas.formation.machine import Event
from minipaas.limits import DRAIN_BEFORE_TERM_S
from minipaas.model.dyno import DynoName, Exit, Size
from minipaas.runtime.base import DynoProcess, Host, Launch


class Life:
    """Runs itself once `begin` was called, and tells each thing that happens to it.

    Args:
        tell: gets this life and LISTENING, BOOT_TIMED_OUT or EXITED; EXITED comes once, last.
        left: called once the host and the port are free again.
    """

    def __init__(
        self,
        kit: Kit,
        name: DynoName,
        host: Host,
        size: Size,
        tell: "Callable[[Life, Event], None]",
        left: "Callable[[Life], None]",
    ) -> None:
        self.id = str(uuid.UUID(int=kit.rng.getrandbits(128), version=4))
        self.name = name
        self.host = host
        self.size = size
        self.port = kit.ports.take()
        self.process: DynoProcess | None = None
        self._kit = kit
        self._tell = tell
        self._left = left
        self._quiet = False
        self._term_sent = False
        self._kill_sent = False
        self._boot_timer: Timer | None = None
        self._watch: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    def begin(self, run: Run) -> None:
        """Launch."""
        self._kit.tasks.start(self._live(run))

    async def _live(self, run: Run) -> None:
        command = run.commands[self.name.type]
        self._say(words.starting(command, self.port))
        try:
            self.process = await self._kit.runtime.start(self._launch(run, command))
        except DynoProblem as problem:
            self._say(problem.message)
            self._end(None)
            return
        self._catch_up()
        if self.name.type == "web":
            self._await_port()
        elif not self._term_sent and not self._kill_sent:
            self._tell(self, Event.LISTENING)
        self._end(await self.process.wait())

    def _launch(self, run: Run, command: str) -> Launch:
        return Launch(
            id=self.id,
            host=self.host,
            command=command,
            env=words.environment(run.config, self.name, self.port),
            slug=run.slug,
            size=self.size,
            hostname=self.id,
            output=self._kit.log.stream(str(self.name)),
        )

    def _catch_up(self) -> None:
        """Signals asked for while the launch was under way."""
        assert self.process is not None
        if self._kill_sent:
            self.process.kill()
        elif self._term_sent:
            self.process.terminate()

    def _await_port(self) -> None:
        if self._term_sent or self._kill_sent:
            return
        self._watch = self._kit.tasks.start(self._until_bound())
        self._boot_timer = self._kit.clock.call_later(self._kit.limits.boot_timeout_s, self._boot_timed_out)

    async def _until_bound(self) -> None:
        await self._kit.watch.bound(self.port, self.host.address)
        self._stop_waiting(keep_watch=True)
        self._tell(self, Event.LISTENING)

    def _boot_timed_out(self) -> None:
        self._stop_waiting()
        self._say(words.boot_timeout(self._kit.limits.boot_timeout_s))
        assert self.process is not None
        if elsewhere := words.bound_elsewhere(self.process.listeners(), self.port):
            self._say(elsewhere)
        self._tell(self, Event.BOOT_TIMED_OUT)

    def _stop_waiting(self, *, keep_watch: bool = False) -> None:
        if self._boot_timer is not None:
            self._boot_timer.cancel()
        if self._watch is not None and not keep_watch:
            self._watch.cancel()

    def serve(self) -> None:
        """Let the router use it."""
        self._kit.route.serve(str(self.name), self.id, self.host.address, self.port)

    def retire(self) -> None:
        """Drain, SIGTERM to all processes, SIGKILL after the grace; goes on beside the dyno's next life."""
        self._stop_waiting()
        self._kit.tasks.start(self._retire())

    async def _retire(self) -> None:
        await self._drained()
        if self._over.is_set():
            return
        self._say(words.SIGTERM_ALL)
        self._term_sent = True
        if self.process is not None:
            self.process.terminate()
        overdue = self._kit.clock.call_later(self._kit.limits.exit_timeout_s, self._exit_timed_out)
        await self._over.wait()
        overdue.cancel()

    async def _drained(self) -> None:
        """Wait for the requests in flight, a moment at most: those that come after it the app itself ends."""
        drained = asyncio.ensure_future(self._kit.route.drain(self.id))
        late = self._kit.clock.call_later(DRAIN_BEFORE_TERM_S, lambda: _cancel(drained))
        await asyncio.wait([drained])
        late.cancel()

    def _exit_timed_out(self) -> None:
        if self._over.is_set():
            return
        self._say(words.exit_timeout(self._kit.limits.exit_timeout_s))
        self._say(words.SIGKILL_REST)
        self.kill(tell=False)

    def kill(self, *, tell: bool = True) -> None:
        """SIGKILL to all processes."""
        self._stop_waiting()
        if tell:
            self._say(words.SIGKILL)
        self._kill_sent = True
        if self.process is not None:
            self.process.kill()

    def lose(self) -> None:
        """Its host is gone: no signal it could see, no further line, no request."""
        self._quiet = True
        self._kit.route.remove(self.id)
        self.kill()

    def _end(self, exit_: Exit | None) -> None:
        self._stop_waiting()
        if exit_ is not None and exit_.killed_by_memory:
            self._say(words.R15)
            self._say(words.SIGKILL)
        if exit_ is not None:
            self._say(words.exited(exit_.status))
        self._kit.route.remove(self.id)
        self._kit.ports.give_back(self.port)
        if self.process is not None:
            self.process.discard()
        self._over.set()
        self._left(self)
        self._tell(self, Event.EXITED)

    async def over(self) -> None:
        """Wait for the end."""
        await self._over.wait()

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._kit.say(self.name, text)


def _cancel(future: asyncio.Future[None]) -> None:
    future.cancel()
