"""A container's output and input, on a connection that the engine handed over to be a plain stream."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minipaas.runtime.base import Launch, Output, Terminal
from minipaas.runtime.console import DynoConsole
from minipaas.runtime.docker.recipe import READY
from minipaas.runtime.output import OutputPipe

if TYPE_CHECKING:
    from docker import APIClient

#: Without a terminal each piece has a head: a byte that tells the stream, three of padding, four of length.
_HEAD_BYTES = 8


class Frames:
    """Takes the engine's heads off; chunks may be cut anywhere."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._head = b""
        self._left = 0

    def feed(self, data: bytes) -> None:
        """More of the stream; b"" at its end."""
        if not data:
            self._output(b"")
            return
        found = []
        at = 0
        while at < len(data):
            if not self._left:
                taken = data[at : at + _HEAD_BYTES - len(self._head)]
                self._head += taken
                at += len(taken)
                if len(self._head) == _HEAD_BYTES:
                    self._left, self._head = int.from_bytes(self._head[4:], "big"), b""
                continue
            piece = data[at : at + self._left]
            found.append(piece)
            at += len(piece)
            self._left -= len(piece)
        if found:
            self._output(b"".join(found))


class Herald:
    """Cuts the first `READY` out of an output and tells it; and tells the end."""

    def __init__(self, output: Output, ready: Callable[[], None], ended: Callable[[], None]) -> None:
        self._output = output
        self._ready = ready
        self._ended = ended
        self._before: bytes | None = b""

    def mute(self) -> None:
        """Hand on nothing more, not even the end."""
        self._output = lambda _data: None

    def feed(self, data: bytes) -> None:
        """More of the output; b"" at its end."""
        if self._before is not None:
            before, found, after = (self._before + data).partition(READY)
            if data and not found:
                self._before = before
                return
            self._before = None
            self._ready()
            if before + after:
                self._output(before + after)
        elif data:
            self._output(data)
        if not data:
            self._output(b"")
            self._ended()


class ContainerConsole(DynoConsole):
    """See `base.Console`; the engine passes on what is written, and is asked for another size."""

    def __init__(
        self, stream: socket.socket, output: OutputPipe, *, terminal: bool, resized: Callable[[Terminal], None]
    ) -> None:
        self._stream = stream
        self._resized = resized
        self._is_terminal = terminal
        super().__init__(os.dup(stream.fileno()), output, terminal=terminal)

    def resize(self, terminal: Terminal) -> None:
        """Another size."""
        if self._open and self._is_terminal:
            self._resized(terminal)

    def hang_up(self) -> None:
        """Close it; what the dyno still says is read on."""
        self._close()

    def _close(self) -> None:
        """The engine closes the dyno's pipe at the end of our half. At that of a terminal it would cut its output."""
        if self._open and not self._is_terminal:
            with suppress(OSError):
                self._stream.shutdown(socket.SHUT_WR)
        super()._close()


class Attachment:
    """Reads from `start` on. `ready` is done when signals reach the app, or there is no more output."""

    def __init__(self, stream: socket.socket, launch: Launch, resized: Callable[[Terminal], None]) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        herald = Herald(launch.output, lambda: _done(self.ready), lambda: _done(self.ended))
        self._herald = herald
        self._stream = stream
        terminal = launch.attached and launch.terminal is not None
        output = herald.feed if terminal else Frames(herald.feed).feed
        words: dict[str, Any] = {"pause_s": 0} if launch.attached else {}
        self._output = OutputPipe(os.dup(stream.fileno()), output, **words)
        self.console: ContainerConsole | None = None
        if launch.attached:
            self.console = ContainerConsole(stream, self._output, terminal=terminal, resized=resized)

    def start(self) -> None:
        """Begin to read."""
        self._output.start()

    async def finish(self, patience_s: float) -> None:
        """Wait for what the engine still has of an ended container, tell the end, let go."""
        if self.console:
            self.console.resume()
        await asyncio.wait([self.ended], timeout=patience_s)
        self.close()

    def silence(self) -> None:
        """Let go of a container that never ran, without a word."""
        self._herald.mute()
        self.close()

    def close(self) -> None:
        """Tell the end and let go."""
        if self._output.open:
            self._output.close()
        if self.console:
            self.console.hang_up()
        self._stream.close()


def attach(api: "APIClient", container: str, *, attached: bool) -> socket.socket:
    """A connection to a created container's output, and to its input where it is `attached`."""
    wanted = {"stdout": 1, "stderr": 1, "stream": 1, "stdin": int(attached)}
    raw: Any = api.attach_socket(container, params=wanted)
    stream = socket.socket(fileno=os.dup(raw.fileno()))
    raw._sock.close()  # the SDK would keep its own descriptor until it is collected
    raw._response.close()
    raw.close()
    return stream


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
