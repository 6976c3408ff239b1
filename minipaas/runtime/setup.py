"""From calling bubblewrap to the app's first instruction."""

import os
import re
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from minipaas.errors import DynoProblem
from minipaas.runtime import proc
from minipaas.runtime.boot import INIT, INIT_SHELL
from minipaas.runtime.child import read_word
from minipaas.runtime.reaper import MARK_NAME
from minipaas.runtime.wires import Wires

_CHILD_PID = re.compile(rb'"child-pid": *(\d+)[^\d]')
_TEXT_BYTES = 8192


class Refused(DynoProblem):
    """The sandbox could not be set up; `reason` is bubblewrap's own line."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot set up the sandbox: {reason}", "`minipaas doctor` says what this machine allows")
        self.reason = reason


class Setup:
    """One bubblewrap process and its pipes: info out, go in, ready out, and the dyno's own output.

    bubblewrap's words come by a file descriptor, not by argv, and its own environment holds nothing but the mark:
    neither a list of processes nor an `LD_PRELOAD` among the config vars gets to it. `entering` are words
    to put before its own.
    """

    def __init__(
        self,
        bwrap: Path,
        words: Iterable[str],
        command: Iterable[str],
        mark: str,
        wires: Wires,
        entering: Iterable[str] = (),
    ) -> None:
        self._info, info = os.pipe()
        self._ready, ready = os.pipe()
        go, self._go = os.pipe()
        self.wires = wires
        described = _memory_file((*words, "--info-fd", str(info), "--block-fd", str(go)))
        try:
            self.bwrap = subprocess.Popen(
                (*entering, str(bwrap), "--args", str(described), "--", INIT_SHELL, "-c", INIT, "init", *command),
                stdin=ready,
                stdout=wires.output,
                stderr=wires.output,
                pass_fds=(info, go, described, *wires.passed),
                env={MARK_NAME: mark},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the platform alone
            )
        except BaseException:
            self._close(self._info, self._ready, self._go)
            wires.close_near()
            raise
        finally:
            self._close(info, ready, go, described)
            wires.close_far()
        self._pidfd: int | None = None

    async def init_pid(self) -> int:
        """The pid of the dyno's init, which waits for `go`.

        Raises:
            Refused: bubblewrap ended instead.
        """
        told = await read_word(self._info, lambda came: _CHILD_PID.search(came) is not None)
        found = _CHILD_PID.search(told)
        if found is None:
            raise Refused(await self._reason())
        pid = int(found[1])
        with suppress(OSError):
            self._pidfd = os.pidfd_open(pid)
        if self._pidfd is None or proc.parent_of(pid) != self.bwrap.pid:
            raise Refused(await self._reason())
        return pid

    async def go(self) -> int:
        """Let it run; returns a pidfd of the init, now the caller's, when the app is about to be started.

        Raises:
            Refused: the namespaces were there, but the files could not be mounted.
        """
        with suppress(BrokenPipeError):
            os.write(self._go, b"1")
        if not await read_word(self._ready, bool) or self._pidfd is None:
            raise Refused(await self._reason())
        self._close(self._info, self._ready, self._go)
        pidfd, self._pidfd = self._pidfd, None
        return pidfd

    def abandon(self) -> None:
        """End what was begun and close every pipe."""
        if self._pidfd is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._close(self._pidfd)
        self.bwrap.kill()
        self.bwrap.wait()
        self._close(self._info, self._ready, self._go)
        self.wires.close_near()

    async def _reason(self) -> str:
        text = await read_word(self.wires.reading, lambda came: len(came) >= _TEXT_BYTES)
        lines = [line.strip() for line in text.decode(errors="replace").splitlines() if line.strip()]
        told = [line for line in lines if line.startswith("bwrap:")] or lines
        return told[-1].removeprefix("bwrap: ") if told else f"bubblewrap ended with status {self.bwrap.wait()}"

    @staticmethod
    def _close(*fds: int) -> None:
        for fd in fds:
            with suppress(OSError):
                os.close(fd)


def _memory_file(words: Iterable[str]) -> int:
    fd = os.memfd_create("bubblewrap words")
    with open(fd, "wb", closefd=False) as file:
        file.writelines(os.fsencode(word) + b"\0" for word in words)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
