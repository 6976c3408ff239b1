"""One server as a child process: its output handed on, its end told, killed with all it started."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from minipaas.addons.cover import Cover
from minipaas.runtime import proc, reaper
from minipaas.runtime.base import Output
from minipaas.runtime.child import exit_status, read_word, when_ended
from minipaas.runtime.output import OutputPipe

_CHILD_PID = re.compile(rb'"child-pid": *(\d+)[^\d]')
#: Survivors of a killed server are looked for this often, for so long.
_LOOK_S = 0.01
_LOOKS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What to start: a program with its arguments, and what it reads from its stdin; `mark` is as in traces.py."""

    words: Sequence[str]
    cover: Cover
    cwd: Path
    mark: str
    stdin: bytes = b""
    output: Output = field(default=lambda _piece: None)


class ServerProcess:
    """A started server. `pid` is the server itself, as this machine numbers it."""

    def __init__(self, popen: "subprocess.Popen[bytes]", pid: int, output: OutputPipe) -> None:
        self.pid = pid
        self._popen = popen
        self._output = output
        self._family: set[int] = set()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        when_ended(popen, lambda: self._end(_LOOKS))

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return not self._ended.done()

    def when_ended(self, act: Callable[[int], None]) -> None:
        """Call `act` on the loop with its exit status once it has ended."""
        self._ended.add_done_callback(lambda ended: act(ended.result()))

    async def wait(self) -> int:
        """Wait until it and all it started have ended; its exit status, 128 + N after signal N."""
        return await asyncio.shield(self._ended)

    async def stop(self, number: int, grace_s: float) -> None:
        """Send a signal and wait for the end, which SIGKILL brings after the grace."""
        self._signal((self.pid,), number)
        await asyncio.wait({asyncio.ensure_future(self.wait())}, timeout=grace_s)
        self.kill()
        await self.wait()

    def kill(self) -> None:
        """SIGKILL to it and all it started."""
        if self.alive:
            self._family.update(proc.tree(self._popen.pid))
            self._signal((self.pid, *self._family), signal.SIGKILL)

    def _signal(self, pids: Sequence[int], number: int) -> None:
        if self.alive:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def _end(self, looks: int) -> None:
        """What it started may outlive a killed server by a moment, and with it its port and files."""
        if looks and any(proc.is_alive(pid) for pid in self._family):
            self._loop.call_later(_LOOK_S, self._end, looks - 1)
            return
        self._output.close()
        self._ended.set_result(exit_status(self._popen.returncode))


async def spawn(start: Start) -> ServerProcess:
    """Start it, in a session of its own, where Ctrl-C does not reach it.

    Raises:
        OSError: the program cannot be run.
    """
    start.cover.admit(start.cwd)
    info, told = os.pipe()
    reading, writing = os.pipe()
    try:
        popen = _popen(start, told, writing)
    except BaseException:
        os.close(reading)
        os.close(info)
        raise
    finally:
        os.close(told)
        os.close(writing)
    output = OutputPipe(reading, start.output)
    output.start()
    _say(popen, start.stdin)
    try:
        # To the end of what it has to say: SIGPIPE would end it otherwise.
        found = _CHILD_PID.search(await read_word(info, lambda came: b"}" in came))
    except BaseException:
        popen.kill()
        popen.wait()
        # bubblewrap's own child may not know yet that it is to end with its parent.
        reaper.kill_marked(start.mark)
        output.close()
        raise
    finally:
        os.close(info)
    return ServerProcess(popen, int(found[1]) if found else popen.pid, output)


def _popen(start: Start, told: int, writing: int) -> "subprocess.Popen[bytes]":
    """bubblewrap tells the server's pid by `told`."""
    namespaces = start.cover.namespaces
    return subprocess.Popen(
        (*start.cover.words, *(("--info-fd", str(told), "--") if namespaces else ()), *start.words),
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=writing,
        pass_fds=(told,) if namespaces else (),
        env={reaper.MARK_NAME: start.mark, "PATH": os.defpath, "LC_ALL": "C"},
        cwd=start.cwd,
        start_new_session=True,
    )


def _say(popen: "subprocess.Popen[bytes]", text: bytes) -> None:
    """A few hundred bytes, which any pipe takes at once."""
    assert popen.stdin is not None
    with suppress(BrokenPipeError):
        popen.stdin.write(text)
        popen.stdin.flush()
    with suppress(BrokenPipeError):
        popen.stdin.close()
