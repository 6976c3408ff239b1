"""A minipaas platform in the foreground, as a user runs it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.waiting import PATIENCE_S, end, free_port, until

SAYS_READY = "Ctrl-C stops it"


@dataclass
class Platform:
    """One `minipaas up`."""

    command: Path
    home: Path
    port: int
    process: "subprocess.Popen[bytes]"
    err: Path

    def ready(self) -> None:
        """Wait until every dyno is up and the control API answers.

        Raises:
            RuntimeError: `up` ended instead; its own words are in the message.
        """

        def told() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"minipaas up ended with {self.process.returncode}:\n{self.err.read_text()}")
            return SAYS_READY in self.err.read_text()

        until(told, step_s=0.02)

    def cli(self, *words: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            [self.command, *words], env=environment(self.home), check=True, capture_output=True, text=True
        )
        return done.stdout

    def call(self, method: str, path: str) -> Any:
        """One call of the control API."""
        connection = _Unix("localhost", timeout=PATIENCE_S)
        connection.path = str(self.home / "control.sock")
        connection.request(method, path)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said!r}")
        return json.loads(said)

    def stop(self) -> None:
        """Ctrl-C, and wait for the end."""
        end(self.process, signal.SIGINT)


class _Unix(http.client.HTTPConnection):
    path = ""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def environment(home: Path) -> dict[str, str]:
    """What the command is run with."""
    return {**users_environment(), "MINIPAAS_HOME": str(home), "NO_COLOR": "1"}


def users_environment() -> dict[str, str]:
    """This environment without what a developer's machine may have set: PYTHONDONTWRITEBYTECODE slows all starts."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("MINIPAAS_", "PYTHON"))}


def begin(command: Path, home: Path, app: Path, *words: str, port: int = 0) -> Platform:
    """Start `minipaas up APP` and return at once."""
    port = port or free_port()
    home.mkdir(parents=True, exist_ok=True)
    err = home.with_suffix(".err")
    with err.open("wb") as stderr:
        process = subprocess.Popen(
            [command, "up", str(app), "--port", str(port), *words],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    return Platform(command, home, port, process, err)


@contextmanager
def running(command: Path, home: Path, app: Path, *words: str) -> Iterator[Platform]:
    """A platform that is up, and gone again at the end."""
    platform = begin(command, home, app, *words)
    try:
        platform.ready()
        yield platform
    finally:
        platform.stop()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one measurement."""
    with tempfile.TemporaryDirectory(prefix="minipaas-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
