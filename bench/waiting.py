"""Asking a port until it answers, and reading what a process has used."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

#: Far more than anything here takes; only a hang meets it.
PATIENCE_S = 120.0
_POLL_S = 0.002

Value = TypeVar("Value")


def until(what: Callable[[], Value | None], patience_s: float = PATIENCE_S, step_s: float = _POLL_S) -> Value:
    """The first true value of `what`.

    Raises:
        TimeoutError: there was none within `patience_s`.
    """
    end = time.monotonic() + patience_s
    while not (value := what()):
        if time.monotonic() > end:
            raise TimeoutError(f"nothing after {patience_s:g} s")
        time.sleep(step_s)
    return value


def ask(address: str, port: int, host: str = "localhost", timeout_s: float = 10.0) -> tuple[int, bytes]:
    """One GET on a connection of its own: status and body; status 0 where nobody answers."""
    try:
        with socket.create_connection((address, port), timeout_s) as connection:
            request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
    except OSError:
        return 0, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head.startswith(b"HTTP/") else 0, body


def until_ok(address: str, port: int, host: str = "localhost") -> bytes:
    """The body of the first 200."""

    def try_once() -> bytes | None:
        status, body = ask(address, port, host)
        return (body or b"empty") if status == 200 else None

    return until(try_once)


def free_port() -> int:
    """A port nobody has, nor the one above it, just now."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                two.bind(("127.0.0.1", port + 1))
                return port


def cpu_s(pid: int) -> float:
    """CPU seconds of all threads of a process so far, to the nanosecond; 0 when it is gone."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(path.read_text().split()[0])
    return total / 1e9


def end(process: "subprocess.Popen[bytes]", number: int) -> None:
    """Send a signal to a process we started and wait; SIGKILL when that takes too long."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
