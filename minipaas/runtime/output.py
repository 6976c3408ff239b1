"""The pipe that carries what a dyno prints, read in large pieces and fairly."""

import asyncio
import errno
import fcntl
import os

from minipaas.runtime.base import Output

#: What one read takes at most, and what a pipe holds at first on Linux.
_PIPE_BYTES = 64 * 1024
#: The pipe of a dyno that fills it is made this large, so that a slow turn of the loop does not stop the app.
_FLOOD_BYTES = 1024 * 1024
#: After a piece the pipe is left alone for so long: a busy printer costs 250 wake-ups a second, not one a line.
_PAUSE_S = 0.004
#: More than a pipe can hold, by reads of the smallest size.
_DRAIN_READS = 64


class OutputPipe:
    """Reads a pipe to its end on the loop; `open` until then.

    The first bytes after a silence are handed on at once, those that follow within 4 ms as one piece. A full
    pipe is read once a turn of the loop, so one flood does not hold up the others.
    """

    def __init__(self, fd: int, output: Output, pause_s: float = _PAUSE_S) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._pause_s = pause_s
        self._pause: asyncio.Handle | None = None
        self._held = False
        self._chunk = _PIPE_BYTES
        self.open = True

    def start(self) -> None:
        """Begin to read."""
        self._loop.add_reader(self._fd, self._readable)

    def drain(self) -> None:
        """Read what the dyno left, now that it has ended; a stranger who holds the pipe is not read for ever."""
        for _ in range(_DRAIN_READS):
            data = self._read() if self.open else None
            if data is None:
                return
            if not data:
                self._finish()
                return
            self._output(data)

    def close(self) -> None:
        """Drain, tell the end and let go, also where someone still holds the other end."""
        self.drain()
        if self.open:
            self._finish()

    def hold(self) -> None:
        """Leave it alone until `let_go`."""
        self._held = True
        if self.open:
            self._loop.remove_reader(self._fd)
            self._leave_pause()

    def let_go(self) -> None:
        """Read on after `hold`."""
        if self._held and self.open:
            self._pause = self._loop.call_soon(self._pull)
        self._held = False

    def inode(self) -> int:
        """What ties the pipe to those who hold its other end (a terminal's says nothing of it)."""
        return os.fstat(self._fd).st_ino

    def _readable(self) -> None:
        self._loop.remove_reader(self._fd)
        self._pull()

    def _pull(self) -> None:
        self._pause = None
        if not self.open:
            return
        data = self._read()
        if data is None:
            self._loop.add_reader(self._fd, self._readable)
        elif data == b"":
            self._finish()
        else:
            self._come_back(len(data))
            self._output(data)

    def _come_back(self, got: int) -> None:
        if got < _PIPE_BYTES:
            self._pause = self._loop.call_later(self._pause_s, self._pull)
            return
        if self._chunk == _PIPE_BYTES:
            self._chunk = _widen(self._fd)
        self._pause = self._loop.call_soon(self._pull)

    def _read(self) -> bytes | None:
        """None when there is nothing now, b"" at the end."""
        try:
            return os.read(self._fd, self._chunk)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.EIO:  # a terminal nobody has open any more
                return b""
            raise

    def _finish(self) -> None:
        self.open = False
        self._loop.remove_reader(self._fd)
        self._leave_pause()
        os.close(self._fd)
        self._output(b"")

    def _leave_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None


def _widen(fd: int) -> int:
    """A larger pipe where the kernel and the user's share of pipe memory allow it; the size of a read."""
    set_size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if set_size is None:
        return 2 * _PIPE_BYTES
    try:
        fcntl.fcntl(fd, set_size, _FLOOD_BYTES)
    except OSError:
        return 2 * _PIPE_BYTES
    return _FLOOD_BYTES // 4
