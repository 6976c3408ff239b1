"""What an attached dyno reads from: our end of its stdin, a pipe or a terminal."""

import asyncio
import fcntl
import os
import struct
import termios
from contextlib import suppress

from minipaas.runtime.base import Terminal
from minipaas.runtime.output import OutputPipe

_CTRL_D = b"\x04"
#: What one write hands over: a terminal takes no more between two line ends.
_PIECE_BYTES = 4096


def open_terminal(size: Terminal) -> tuple[int, int]:
    """A new terminal's two sides, ours first."""
    near, far = os.openpty()
    _set_size(far, size)
    return near, far


def _set_size(fd: int, size: Terminal) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))


class DynoConsole:
    """See `base.Console`."""

    def __init__(self, fd: int, output: OutputPipe, *, terminal: bool) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._open = True
        self._output = output
        self._terminal = terminal
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None

    async def write(self, data: bytes) -> None:
        """Hand input over; returns when all is taken, or none will be."""
        left = memoryview(data)
        while left and self._open:
            try:
                left = left[os.write(self._fd, left[:_PIECE_BYTES]) :]
            except BlockingIOError:
                await self._writable()
            except OSError:  # nobody reads it any more
                self._close()

    async def _writable(self) -> None:
        self._waiter = waiter = self._loop.create_future()
        self._loop.add_writer(self._fd, _resolve, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            if self._open:
                self._loop.remove_writer(self._fd)

    def end_input(self) -> None:
        """No more input."""
        if not self._terminal:
            self._close()
        elif self._open:
            with suppress(OSError):
                os.write(self._fd, _CTRL_D)

    def resize(self, terminal: Terminal) -> None:
        """Another size; the kernel tells the foreground program."""
        if self._open and self._terminal:
            _set_size(self._fd, terminal)

    def pause(self) -> None:
        """Take no output for a while."""
        self._output.hold()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._output.let_go()

    def hang_up(self) -> None:
        """Close it; a pipe is read on, so that who says goodbye does not die of it."""
        self._close()
        if self._terminal and self._output.open:
            self._output.close()

    def _close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._loop.remove_writer(self._fd)
        os.close(self._fd)
        if self._waiter is not None:
            _resolve(self._waiter)


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
