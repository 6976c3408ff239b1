"""What the processes of a dyno do while nobody looks: time on the CPU, threads, lines of output."""

from collections.abc import Iterable
from contextlib import suppress

import psutil

from minipaas.chaos.cpu import cpu_of
from minipaas.chaos.lab import LabDyno
from minipaas.clock import Clock

#: Less CPU time than this in one look is a process that waits.
_QUIET_S = 0.02
_LOOK_S = 0.25


def cpu_seconds(dyno: LabDyno) -> float:
    """CPU time of all its processes so far, that of children they waited for included."""
    return cpu_of(_pids(dyno))


def threads(dyno: LabDyno) -> int:
    """How many threads its processes have."""
    return sum(map(_threads_of, _pids(dyno)))


def commands(dyno: LabDyno) -> tuple[str, ...]:
    """The command lines of its processes, without the shells that wait for others."""
    found = [command for pid in _pids(dyno) if (command := _command_of(pid))]
    programs = [
        command for command in found if not command.startswith(("bash -", "/bin/bash -", "sh -", "/bin/sh -"))
    ]
    return tuple(dict.fromkeys(programs or found))


async def settled(dyno: LabDyno, clock: Clock, *, at_least_s: float, at_most_s: float) -> bool:
    """Wait until it has started up: its processes wait for something. False when it exited instead."""
    began = clock.monotonic()
    before = cpu_seconds(dyno)
    while dyno.alive:
        await clock.sleep(_LOOK_S)
        now, lived = cpu_seconds(dyno), clock.monotonic() - began
        if lived >= at_most_s or (lived >= at_least_s and now - before < _QUIET_S):
            break
        before = now
    return dyno.alive


class Tail:
    """New lines of a dyno's output since the last look."""

    def __init__(self, dyno: LabDyno) -> None:
        self._dyno = dyno
        self._seen = self._all()

    def new(self) -> tuple[str, ...]:
        """What it printed since."""
        before, self._seen = self._seen, self._all()
        return after(before, self._seen)

    def _all(self) -> tuple[str, ...]:
        return self._dyno.last_lines(1_000_000)


def after(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """What `now` has beyond `before`, where old lines may have fallen off the front."""
    for dropped in range(len(before) + 1):
        kept = before[dropped:]
        if now[: len(kept)] == kept:
            return now[len(kept) :]
    return now


def _pids(dyno: LabDyno) -> Iterable[int]:
    return dyno.process.pids() if dyno.process is not None else ()


def _threads_of(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).num_threads())
    return 0


def _command_of(pid: int) -> str:
    with suppress(psutil.Error):
        return " ".join(psutil.Process(pid).cmdline())
    return ""
