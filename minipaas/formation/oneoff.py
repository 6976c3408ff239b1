"""A dyno outside the formation, `run.1234`: runs one command to its end and is never restarted."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from minipaas.clock import Timer
from minipaas.errors import DynoProblem
from minipaas.formation import words
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run
from minipaas.limits import ATTACH_WAIT_S, HANG_UP_S
from minipaas.model.dyno import DEFAULT_SIZE, DynoName, DynoState, Exit, Size
from minipaas.runtime.base import Console, DynoProcess, Launch, Output, Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a one-off dyno is to do.

    `command` is run as it stands; `told` is what a list of dynos shows. `env` lies over the config vars. `attach`
    means that it begins when its client is there, who reads and writes it, at a terminal when `terminal` is given;
    else its output goes to the app's log. After `limit_s` seconds it is ended: by SIGKILL when `abrupt`.
    """

    type: str
    command: str
    limit_s: float
    told: str = ""
    size: Size = DEFAULT_SIZE
    env: Mapping[str, str] = field(default_factory=dict)
    attach: bool = False
    terminal: Terminal | None = None
    abrupt: bool = False


class OneOff:
    """One such dyno; `begin` starts it.

    Args:
        left: called once it is over, its host and port free again.
    """

    def __init__(
        self, kit: Kit, cells: Cells, name: DynoName, errand: Errand, run: Run, left: "Callable[[OneOff], None]"
    ) -> None:
        self.id = str(uuid.UUID(int=kit.rng.getrandbits(128), version=4))
        self.name = name
        self.errand = errand
        self.release = run.version
        self.state = DynoState.STARTING
        self.since = kit.clock.now()
        self.host = cells.place()
        self.port = kit.ports.take()
        self.process: DynoProcess | None = None
        #: How it ended; None until then, and when it never ran.
        self.exit: Exit | None = None
        #: Why it could not be launched.
        self.problem: DynoProblem | None = None
        self._kit = kit
        self._cells = cells
        self._run = run
        self._left = left
        self._begun = self._quiet = self._stopping = self._killed = False
        self._timers: list[Timer] = []
        self._up = asyncio.Event()
        self._over = asyncio.Event()
        if errand.attach:
            self._say(words.AWAITING_CLIENT)
            self._later(ATTACH_WAIT_S, self._nobody_came)

    @property
    def size(self) -> Size:
        """What it may use."""
        return self.errand.size

    @property
    def console(self) -> Console | None:
        """What it reads from, once it is up, if it is attached."""
        return self.process.console if self.process is not None else None

    @property
    def awaits_client(self) -> bool:
        """Attached, and nobody is there yet."""
        return self.errand.attach and not self._begun and not self._over.is_set()

    def begin(self, output: Output | None = None) -> None:
        """Launch.

        Args:
            output: gets what it prints; the app's log does when none is given.
        """
        self._begun = True
        self._forget_timers()
        self._kit.tasks.start(self._live(output or self._kit.log.stream(str(self.name))))

    async def up(self) -> bool:
        """Wait until it runs; False when it never will."""
        await self._up.wait()
        return self.process is not None

    async def over(self) -> None:
        """Wait for the end."""
        await self._over.wait()

    def stop(self) -> None:
        """SIGTERM to all its processes, SIGKILL after the grace."""
        if self._over.is_set() or self._stopping:
            return
        self._stopping = True
        if not self._begun:
            self._end()
            return
        self._say(words.SIGTERM_ALL)
        if self.process is not None:
            self.process.terminate()
        self._later(self._kit.limits.exit_timeout_s, self._exit_timed_out)

    def kill(self, *, tell: bool = True) -> None:
        """SIGKILL to all its processes."""
        if not self._begun:
            self.stop()
            return
        self._killed = True
        if tell and not self._over.is_set():
            self._say(words.SIGKILL)
        if self.process is not None:
            self.process.kill()

    def quota_vastly_exceeded(self) -> None:
        """R15."""
        self._say(words.R15)
        self.kill()

    def lose(self) -> None:
        """Its host is gone."""
        self._say(words.host_lost(self.host.name))
        self._quiet = True
        self.kill()

    def client_gone(self) -> None:
        """SIGHUP to all its processes; who does not heed it gets R16, and is stopped."""
        if self.process is None or self._over.is_set():
            self.stop()
            return
        if self.console is not None:
            self.console.hang_up()
        self.process.hang_up()
        self._later(HANG_UP_S, self._still_there)

    def _still_there(self) -> None:
        self._say(words.R16)
        self.stop()

    def _nobody_came(self) -> None:
        self._say(words.R13)
        self._end()

    def _exit_timed_out(self) -> None:
        self._say(words.exit_timeout(self._kit.limits.exit_timeout_s))
        self._say(words.SIGKILL_REST)
        self.kill(tell=False)

    def _time_is_up(self) -> None:
        if self.errand.abrupt:
            self.kill()
            return
        self._say(words.CYCLING)
        self.stop()

    async def _live(self, output: Output) -> None:
        self._say(words.starting(self.errand.command, self.port))
        try:
            self.process = await self._kit.runtime.start(self._launch(output))
            self._came_up()
            self.exit = await self.process.wait()
        except DynoProblem as problem:
            self.problem = problem
            self._say(problem.message)
        finally:
            await asyncio.shield(self._clear())
            self._end()

    def _launch(self, output: Output) -> Launch:
        errand = self.errand
        return Launch(
            id=self.id,
            host=self.host,
            command=errand.command,
            env=words.environment({**self._run.config, **errand.env}, self.name, self.port),
            slug=self._run.slug,
            size=errand.size,
            hostname=self.id,
            attached=errand.attach,
            terminal=errand.terminal,
            output=output,
        )

    def _came_up(self) -> None:
        assert self.process is not None
        self.state = DynoState.UP
        self.since = self._kit.clock.now()
        self._say("State changed from starting to up")
        self._up.set()
        self._later(self.errand.limit_s, self._time_is_up)
        if self._killed:
            self.process.kill()
        elif self._stopping:
            self.process.terminate()

    async def _clear(self) -> None:
        if self.process is None:
            return
        if self.exit is None:
            self.process.kill()
            self.exit = await self.process.wait()
        self.process.discard()

    def _end(self) -> None:
        self._forget_timers()
        if self.exit is not None:
            if self.exit.killed_by_memory:
                self._say(words.R15)
                self._say(words.SIGKILL)
            self._say(words.exited(self.exit.status))
        self._say(words.completed(self.state))
        self.state = DynoState.DOWN
        self._kit.ports.give_back(self.port)
        self._cells.leave(self.host)
        self._over.set()
        self._up.set()
        self._left(self)

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        self._timers.append(self._kit.clock.call_later(delay_s, act))

    def _forget_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._kit.say(self.name, text)
