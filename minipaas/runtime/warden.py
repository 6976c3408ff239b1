"""The warden: a small process beside the platform that clears up after it should it be killed.

It is started once, a moment after the first dyno, and lives in a session of its own, where Ctrl-C does not reach
it. It reads a pipe that only the platform holds open; see reaper.py for what it does at its end.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable

from minipaas.runtime import reaper

#: The warden's start takes a core for 15 ms, which the first dynos need more.
_START_AFTER_S = 0.15

#: A warden that somebody stopped does not hold up the platform's end.
_GOODBYE_S = 1.0


class Warden:
    """Our end of the pipe. Everything said before the warden runs is told at its start."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._things: dict[str, None] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """None until it runs."""
        return self._process.pid if self._process else None

    def hold(self, paths: Iterable[str]) -> None:
        """Remove these should the platform die."""
        for path in paths:
            self._things[path] = None
            self._tell("+", path)

    def let_go(self, paths: Iterable[str]) -> None:
        """They have been removed."""
        for path in paths:
            self._things.pop(path, None)
            self._tell("-", path)

    def start(self) -> None:
        """Start it soon; once, whatever becomes of it."""
        if self._timer is None and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(_START_AFTER_S, self._spawn)

    def _spawn(self) -> None:
        words = (sys.executable, "-I", "-S", reaper.__file__, self._mark)
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                env={},
            )
        except OSError:  # the next start sweeps instead
            return
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        for path in self._things:
            self._tell("+", path)

    def _tell(self, word: str, path: str = "") -> None:
        """A warden that was killed, or sleeps, must not hold up the platform: what it misses the sweep finds."""
        if self._process is None or self._process.stdin is None:
            return
        try:
            os.write(self._process.stdin.fileno(), f"{word}{os.fsencode(path).hex()}\n".encode())
        except OSError:
            return

    def close(self) -> None:
        """All is well; it ends."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._process is None or self._process.stdin is None:
            return
        self._tell("q")
        self._process.stdin.close()
        self._process.stdin = None
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
