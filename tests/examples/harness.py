"""An example app as a process of its own, and a visitor with cookies."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from tests.examples.dependencies import path_with, with_dependencies

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """What the app said."""

    status: int
    body: str
    path: str


class Visitor:
    """A browser without a screen: keeps cookies, follows redirects."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, url: str) -> Answer:
        return self._open(urllib.request.Request(url))

    def post(self, url: str, **form: object) -> Answer:
        return self._open(urllib.request.Request(url, data=urlencode(form).encode()))

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            response = self._opener.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Answer(response.status, response.read().decode(), response.url)


@dataclass
class App:
    """One process of an example, in a folder of its own."""

    folder: Path
    config: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, dyno: str = "web.1") -> "App":
        """Run the Procfile's web command and wait until it listens."""
        self.launch(dyno=dyno)
        wait_until(lambda: self.listens() or self.has_exited(), f"{self.folder.name} listens")
        assert not self.has_exited(), self.log()
        return self

    def launch(self, *, dyno: str = "web.1") -> None:
        self.port = free_port()
        command = (self.folder / "Procfile").read_text().removeprefix("web: ").strip()
        environment = {
            "PATH": path_with(self.folder),
            "HOME": str(self.folder),
            "PORT": str(self.port),
            "DYNO": dyno,
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.config,
        }
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def has_exited(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def terminate(self) -> None:
        """SIGTERM to all its processes, as a dyno gets it."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.terminate()
        assert self.process
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")


def fresh_copy(name: str, to: Path) -> Path:
    """A new disk: the example as it was built, with what it depends on."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(EXAMPLES / name, to, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "*.sqlite3"))
    with_dependencies(to)
    return to


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(fact, what: str, seconds: float = PATIENCE) -> None:
    """Poll until it holds; fails with its name if it does not in time."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def raw_request(path: str, *, method: str = "GET", body: str = "") -> bytes:
    """A request for one connection that stays open."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def read_answer(connection: socket.socket) -> tuple[int, str]:
    """Status and body of the next answer on a connection."""
    with contextlib.closing(http.client.HTTPResponse(connection)) as response:
        response.begin()
        return response.status, response.read().decode()
