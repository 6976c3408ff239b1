"""Writes what the router's exchanges copied as a HAR 1.2 file, from a thread of its own.

The file grows as `FILE.part` and is a whole HAR after every write, whatever happens then; at the end, or when it is
full, it takes its name. Nothing here waits on the router's loop: what the disk does not take in time is left out,
and counted.
"""

import asyncio
import contextlib
import json
import os
import threading
from pathlib import Path
from queue import SimpleQueue

from minipaas import __version__
from minipaas.errors import UsageProblem
from minipaas.model.request import RequestRecord
from minipaas.router.har_entry import entry
from minipaas.router.tape import Tape

#: What may wait for the disk before exchanges are left out.
WAITING_BYTES = 32 * 1024 * 1024
#: A file of this size is full: it takes its name, the one before it gets `.1`, and another begins.
FILE_BYTES = 48 * 1024 * 1024
_CREATOR = json.dumps({"name": "minipaas up --record", "version": __version__})
_HEAD = b'{"log": {"version": "1.2", "creator": %b, "entries": [' % _CREATOR.encode()
_TAIL = b"\n]}}\n"
_CLOSE_S = 10.0


class Recorder:
    """One recording. `add` is for the loop and never waits.

    Args:
        path: of the HAR file, absolute.
    """

    def __init__(self, path: Path, *, file_bytes: int = FILE_BYTES, waiting_bytes: int = WAITING_BYTES) -> None:
        self.path = path
        #: Exchanges left out since the disk was too slow.
        self.left_out = 0
        #: Exchanges in the file or files.
        self.written = 0
        #: Why writing stopped for good; None while it goes on.
        self.error: OSError | None = None
        self._file_bytes = file_bytes
        self._waiting_bytes = waiting_bytes
        self._queue: SimpleQueue[tuple[Tape, RequestRecord] | None] = SimpleQueue()
        # Each side adds to its own count only, so neither needs a lock; the difference waits.
        self._put_bytes = 0
        self._taken_bytes = 0
        self._file: _File | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Begin.

        Raises:
            UsageProblem: the file cannot be made.
        """
        try:
            self._file = _File(self.path)
            if self.path.is_dir():
                raise IsADirectoryError(None, "Is a directory")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageProblem(
                f"cannot record into {self.path}: {reason}", "give a file in a folder you may write"
            ) from error
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def add(self, tape: Tape, record: RequestRecord) -> None:
        """Take the copy of an exchange that is over."""
        if self.error is not None or self._put_bytes - self._taken_bytes > self._waiting_bytes:
            self.left_out += 1
            return
        self._put_bytes += tape.size
        self._queue.put((tape, record))

    async def close(self) -> None:
        """Write what waits and give the file its name; a second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(thread.join, _CLOSE_S)

    def _run(self) -> None:
        assert self._file is not None
        try:
            while (taken := self._queue.get()) is not None:
                tape, record = taken
                self._taken_bytes += tape.size
                if self._file.size > self._file_bytes:
                    self._file.finish(keep_last=True)
                    self._file = _File(self.path)
                self._file.add(json.dumps(entry(tape, record)).encode())
                self.written += 1
            self._file.finish(keep_last=False)
        except OSError as error:
            self.error = error


class _File:
    """`FILE.part`, whole after each `add`, and `FILE` once it is finished."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        # Cookies and what users typed are in it.
        self._fd = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.fchmod(self._fd, 0o600)
        self.size = 0
        self._count = 0
        self._put(_HEAD)

    def add(self, entry: bytes) -> None:
        """One more entry, over the end that stood there."""
        self._put((b",\n" if self._count else b"\n") + entry)
        self._count += 1

    def _put(self, data: bytes) -> None:
        whole = data + _TAIL
        while whole:
            done = os.pwrite(self._fd, whole, self.size + len(data) + len(_TAIL) - len(whole))
            whole = whole[done:]
        self.size += len(data)

    def finish(self, *, keep_last: bool) -> None:
        """Take the name; with `keep_last` what has it now is kept as `FILE.1`. Nothing recorded replaces nothing."""
        os.fsync(self._fd)
        os.close(self._fd)
        if not self._count:
            self._part.unlink(missing_ok=True)
            return
        if keep_last:
            with contextlib.suppress(FileNotFoundError):
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._part.replace(self._path)
