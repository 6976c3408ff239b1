"""Writes logs to a terminal, pipe or file from a thread of its own, so that a blocked one never blocks the loop."""

import asyncio
import contextlib
import os
import select
import threading
import time
from queue import Empty, SimpleQueue
from typing import BinaryIO

from minipaas.cli.logview import View
from minipaas.clock import Clock
from minipaas.logplex.overflow import Overflow, cost
from minipaas.model.logline import LogChunk

#: What waits for a slow reader before lines are dropped; a reader that keeps up leaves it near empty.
PRINT_BUFFER_BYTES = 16 * 1024 * 1024
#: Rendered and written at a time.
_BATCH_BYTES = 256 * 1024
#: After a small batch the writer lets lines gather this long: 200 writes a second at most, nothing an eye sees.
_GATHER_S = 0.005


class LogPrinter:
    """Prints chunks of one app or several. `print` is for the loop and never waits; lines that find no room are
    dropped and counted, and an L11 line tells it where they are missing.
    """

    def __init__(self, stream: BinaryIO, view: View, clock: Clock, *, limit_bytes: int = PRINT_BUFFER_BYTES) -> None:
        self._view = view
        self._clock = clock
        self._limit = limit_bytes
        self._overflows: dict[str, Overflow] = {}
        self._queue: SimpleQueue[tuple[str, LogChunk] | None] = SimpleQueue()
        # Each side adds to its own count only, so neither needs a lock; the difference waits.
        self._put_bytes = 0
        self._taken_bytes = 0
        self._closing = False
        self._sink = _Sink(stream)
        #: Why writing stopped for good; None while it goes on. BrokenPipeError means the reader left.
        self.error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="log printer", daemon=True)
        self._thread.start()

    def print(self, app: str, chunk: LogChunk) -> None:
        """Take a chunk to print; does nothing once writing has failed."""
        if self.error is not None or self._closing:
            return
        overflow = self._overflows.get(app)
        if overflow is None:
            overflow = self._overflows[app] = Overflow(self._limit)
        if overflow.admits(chunk, self._put_bytes - self._taken_bytes):
            self._tell_dropped(app, overflow)
            self._put(app, chunk)

    async def close(self, timeout_s: float = 2.0) -> bool:
        """Wait until all is written, or the reader has not taken it in time; whether all was written."""
        if not self._closing:
            for app, overflow in self._overflows.items():
                self._tell_dropped(app, overflow)
            self._closing = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join, timeout_s)
        return not self._thread.is_alive() and self.error is None

    def _tell_dropped(self, app: str, overflow: Overflow) -> None:
        notice = overflow.notice(self._clock.now())
        if notice is not None:
            self._put(app, notice)

    def _put(self, app: str, chunk: LogChunk) -> None:
        self._put_bytes += cost(chunk)
        self._queue.put((app, chunk))

    def _run(self) -> None:
        try:
            while self._print_batch():
                pass
        except OSError as error:
            self.error = error

    def _print_batch(self) -> bool:
        """Wait for chunks and write those that are there; False at the end."""
        pieces: list[bytes] = []
        taken = written = 0
        item = self._queue.get()
        while item is not None:
            app, chunk = item
            taken += cost(chunk)
            pieces.append(self._view(app, chunk))
            written += len(pieces[-1])
            if written >= _BATCH_BYTES:
                break
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
        self._sink.write(b"".join(pieces))
        self._taken_bytes += taken
        if item is not None and written < _BATCH_BYTES and not self._closing:
            time.sleep(_GATHER_S)
        return item is not None


class _Sink:
    """Writes all of it, past short writes and a descriptor that somebody made non-blocking."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._fd: int | None = None
        with contextlib.suppress(OSError):  # a stream in memory has no descriptor
            stream.flush()
            self._fd = stream.fileno()

    def write(self, data: bytes) -> None:
        if self._fd is None:
            self._stream.write(data)
            self._stream.flush()
            return
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                poll = select.poll()
                poll.register(self._fd, select.POLLOUT)
                poll.poll()
