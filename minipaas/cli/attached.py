"""This terminal, or these pipes, at a one-off dyno: input there, output here, until it ends."""

import os
import select
import signal
import socket
import sys
import termios
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from minipaas.api.address import socket_path
from minipaas.api.frames import Kind, Unframer, frame, size_frame, status_of
from minipaas.errors import DynoProblem, PlatformDown
from minipaas.store.home import Home

_PIECE_BYTES = 64 * 1024
_STDIN, _STDOUT = 0, 1


def size_of_terminal() -> dict[str, str]:
    """What the dyno is to know of this terminal, as heroku/cli sends it."""
    size = os.get_terminal_size(_STDOUT)
    found = {"LINES": str(size.lines), "COLUMNS": str(size.columns)}
    return {**found, "TERM": os.environ.get("TERM", "xterm")}


def attend(home: Home, dyno: Mapping[str, Any], *, terminal: bool) -> int:
    """Be the client of the dyno at `attach_url` until it ends; its exit status.

    Raises:
        DynoProblem: it did not run.
        PlatformDown: the platform went away.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        try:
            with socket_path(home, home.attach_socket) as path:
                link.connect(path)
            link.sendall(dyno["attach_url"].rpartition("/")[2].encode() + b"\r\n")
        except OSError as error:
            raise PlatformDown(f"the platform on {home.root} does not answer: {error.strerror}") from error
        with _raw(terminal), _size_changes(terminal) as changes:
            return Session(link, str(dyno["name"]), terminal=terminal).until_ended(changes)


class Session:
    """What goes both ways on one connection."""

    def __init__(self, link: socket.socket, name: str, *, terminal: bool) -> None:
        self._link = link
        self._name = name
        self._terminal = terminal
        self._unframer = Unframer()
        self._input = True
        self._unsent = b""

    def until_ended(self, changes: int) -> int:
        """Pass on until the last frame; `changes` is readable when the terminal has another size."""
        self._link.setblocking(False)
        while True:
            wanted: list[socket.socket | int] = [
                self._link,
                changes,
                *([_STDIN] if self._input and not self._unsent else []),
            ]
            readable, writable, _ = select.select(wanted, [self._link] if self._unsent else [], [])
            if writable:
                self._push()
            if changes in readable:
                os.read(changes, _PIECE_BYTES)
                self._say(size_frame(*os.get_terminal_size(_STDOUT)[::-1]))
            if _STDIN in readable:
                self._take_input()
            if self._link in readable and (status := self._take_output()) is not None:
                return status

    def _say(self, data: bytes) -> None:
        self._unsent += data
        self._push()

    def _push(self) -> None:
        """As much as goes now; a platform that is gone is noticed where it is read from."""
        with suppress(BlockingIOError, ConnectionError):
            self._unsent = self._unsent[self._link.send(self._unsent) :]

    def _take_input(self) -> None:
        try:
            data = os.read(_STDIN, _PIECE_BYTES)
        except OSError:  # a terminal that has gone
            data = b""
        self._input = bool(data)
        self._say(frame(Kind.DATA, data) if data else frame(Kind.END))

    def _take_output(self) -> int | None:
        """Print what came; the exit status when it was the last."""
        try:
            data = self._link.recv(_PIECE_BYTES)
        except BlockingIOError:
            return None
        except ConnectionError:
            data = b""
        if not data:
            raise PlatformDown("the platform went away, and the dyno with it")
        for kind, content in self._unframer.feed(data):
            if kind is Kind.DATA:
                _print(content)
            elif kind is Kind.UP:
                self._tell(f"up, {self._name}")
            elif kind is Kind.EXIT:
                return status_of(content)
            elif kind is Kind.FAILED:
                self._tell("failed")
                raise DynoProblem(content.decode(errors="replace"))
        return None

    def _tell(self, text: str) -> None:
        print(text, end="\r\n" if self._terminal else "\n", file=sys.stderr, flush=True)  # noqa: T201


def _print(data: bytes) -> None:
    """All of it, on a stdout that may not block the terminal's other programs."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(_STDOUT, left) :]
        except BlockingIOError:
            select.select([], [_STDOUT], [])


@contextmanager
def _raw(terminal: bool) -> Iterator[None]:
    """Every key goes to the dyno, Ctrl-C too; the terminal is as it was afterwards, whatever happens."""
    if not terminal:
        yield
        return
    before = termios.tcgetattr(_STDIN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    tty.setraw(_STDIN)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSADRAIN, before)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _size_changes(terminal: bool) -> Iterator[int]:
    """A descriptor that is readable after the terminal's size changed."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    if terminal:
        signal.signal(signal.SIGWINCH, lambda _number, _frame: _poke(writing))
    try:
        yield reading
    finally:
        if terminal:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        os.close(reading)
        os.close(writing)


def _poke(fd: int) -> None:
    with suppress(BlockingIOError):
        os.write(fd, b"!")
