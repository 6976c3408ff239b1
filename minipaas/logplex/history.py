"""An app's last lines on disk: there after a restart of the platform, also after `kill -9`.

Dirty lines are written together a moment after the first of them, taken from the ring: a flood costs the disk
only what the ring keeps. Most writes append; when the file would hold over twice the ring it is made anew beside
the old one and put in its place. Nothing is synced: a power cut may cost the last seconds, and the checksums tell
what is torn.

A worker thread does the writing, so a slow disk delays no dyno; one thread for all apps keeps the acts in order.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from minipaas.clock import Clock, Timer
from minipaas.logplex.record import decode, encode
from minipaas.logplex.ring import Ring
from minipaas.model.logline import LogChunk

#: From the first dirty line to its write.
WRITE_DELAY_S = 0.2
#: A slow disk is written to for this part of the time at most, but once a second.
WRITE_SHARE = 0.1
WRITE_DELAY_MAX_S = 1.0
#: After a write failed (disk full).
RETRY_DELAY_S = 5.0


class History:
    """Keeps one file in step with a ring.

    Args:
        tell: gets the cause, once, when lines cannot be kept.
        anew: what the file may still hold is nobody's.
    """

    def __init__(
        self,
        path: Path,
        ring: Ring,
        clock: Clock,
        worker: Executor,
        tell: Callable[[str], None],
        *,
        anew: bool = False,
    ) -> None:
        self._path = path
        self._ring = ring
        self._clock = clock
        self._worker = worker
        self._tell = tell
        self._dirty_lines = 0
        self._loaded = anew
        self._file_lines = 0
        self._file_torn = False
        self._failing = False
        self._closed = False
        self._timer: Timer | None = None
        self._write: asyncio.Future[int] | None = None

    def load(self) -> None:
        """Let the ring begin with what the file holds, once; a file that is missing or unreadable holds nothing.

        Left to the first who reads or writes: an app's dynos do not wait for its earlier lines.
        """
        if self._loaded:
            return
        self._loaded = True
        with contextlib.suppress(OSError):
            found = decode(self._path.read_bytes())
            self._ring.precede(found.chunks)
            self._file_lines = sum(chunk.count for chunk in found.chunks)
            self._file_torn = not found.whole

    def dirty(self, lines: int) -> None:
        """The ring has so many new lines."""
        self._dirty_lines += lines
        self._schedule(WRITE_DELAY_S)

    async def flush(self) -> None:
        """Write what is dirty; returns when it is written, or could not be."""
        while self._write is not None:
            await asyncio.wait([self._write])
        if self._dirty_lines and not self._closed:
            self._cancel_timer()
            await asyncio.wait([self._start_write()])

    async def close(self) -> None:
        """Write what is dirty; later lines are not kept."""
        await self.flush()
        self._cancel_timer()
        self._closed = True

    def discard(self) -> None:
        """Delete the file, after any write under way; later lines are not kept."""
        self._cancel_timer()
        self._closed = True
        self._worker.submit(_remove, self._path)

    def _schedule(self, delay_s: float) -> None:
        if self._dirty_lines and self._timer is None and self._write is None and not self._closed:
            self._timer = self._clock.call_later(delay_s, self._due)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self._start_write()

    def _start_write(self) -> asyncio.Future[int]:
        self.load()
        lines, capacity = min(self._dirty_lines, self._ring.capacity), self._ring.capacity
        # Appending behind a torn record could hide from the next reader what is appended.
        anew = self._file_torn or lines == capacity or self._file_lines + lines > 2 * capacity
        act = partial(_rewrite, self._path, self._ring.last(capacity)) if anew else self._appending(lines)
        self._dirty_lines = 0
        write = asyncio.get_running_loop().run_in_executor(self._worker, act)
        self._write = write
        write.add_done_callback(partial(self._written, lines, self._clock.monotonic()))
        return write

    def _appending(self, lines: int) -> Callable[[], int]:
        return partial(_append, self._path, self._ring.last(lines), self._file_lines)

    def _written(self, lines: int, begun: float, write: asyncio.Future[int]) -> None:
        self._write = None
        error = write.exception()
        if error is None:
            self._file_lines = write.result()
            self._file_torn = self._failing = False
            took_s = self._clock.monotonic() - begun
            self._schedule(max(WRITE_DELAY_S, min(took_s / WRITE_SHARE, WRITE_DELAY_MAX_S)))
            return
        self._dirty_lines += lines
        self._schedule(RETRY_DELAY_S)
        if not self._failing:
            self._failing = True
            self._tell(_cause(error))


def _append(path: Path, chunks: list[LogChunk], lines_before: int) -> int:
    """Write behind what is there; gives the lines the file has now."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(fd).st_size
        try:
            _write_all(fd, chunks)
        except OSError:
            os.ftruncate(fd, size)  # half a record would hide what a later try writes behind it
            raise
    finally:
        os.close(fd)
    return lines_before + sum(chunk.count for chunk in chunks)


def _rewrite(path: Path, chunks: list[LogChunk]) -> int:
    """Put a new file in the place of the old one; gives the lines it has."""
    new = path.with_name(f".new-{path.name}")
    try:
        fd = os.open(new, os.O_WRONLY | os.O_TRUNC | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _write_all(fd, chunks)
        finally:
            os.close(fd)
        new.replace(path)
    except OSError:
        _remove(new)
        raise
    return sum(chunk.count for chunk in chunks)


def _write_all(fd: int, chunks: list[LogChunk]) -> None:
    rest = memoryview(b"".join(map(encode, chunks)))
    while rest:
        rest = rest[os.write(fd, rest) :]


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _cause(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or repr(error)
