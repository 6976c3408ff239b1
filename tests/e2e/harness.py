"""A real platform, run through the installed command, and apps written where they are tested."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

COMMAND = (sys.executable, "-m", "minipaas")
#: Far more than anything here takes; only a hang meets it.
PATIENCE_S = 90.0

#: A web app in the standard library: echoes who it is, on 0.0.0.0:$PORT, ends politely.
SERVER = """
import http.server, os, signal, sys, threading
{before}
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = {body}
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *a):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
server = Server(("0.0.0.0", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *a: threading.Thread(target=server.shutdown).start())
print("ready", flush=True)
server.serve_forever()
server.server_close()
"""
WHO = "os.environ['DYNO'].encode()"


def until(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """The first true value of `what`."""
    end = time.monotonic() + patience_s
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, f"waited {patience_s} s for {what}"
        time.sleep(0.02)


def write_app(folder: Path, procfile: str, **files: str) -> Path:
    """An app that needs no build: its own buildpack does nothing. File names have `__` for `.`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Procfile").write_text(procfile)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    for script, text in (("detect", "echo Plain"), ("compile", "true")):
        path = folder / "bin" / script
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return folder


def web_app(folder: Path, *, before: str = "", body: str = WHO) -> Path:
    """A polite web app that answers every request with `body`, a Python expression."""
    return write_app(folder, "web: python3 server.py\n", server__py=SERVER.format(before=before, body=body))


def environment(home: Path, **more: str) -> dict[str, str]:
    """What the command is run with."""
    base = {key: value for key, value in os.environ.items() if not key.startswith("MINIPAAS_")}
    return {**base, "MINIPAAS_HOME": str(home), "NO_COLOR": "1", **more}


@dataclass
class Platform:
    """A `minipaas up` in the foreground."""

    home: Path
    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def cli(self, *words: str, check: bool = True, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on this home."""
        done = subprocess.run(
            [*COMMAND, *words],
            env=environment(self.home, **more),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
        )
        assert not check or done.returncode == 0, done.stderr + done.stdout + self.err.read_text()
        return done

    def json(self, *words: str) -> Any:
        """What a reading command prints as JSON."""
        return json.loads(self.cli(*words, "--json").stdout)

    def url(self, app: str | None = None) -> str:
        """Where an app is, on its own port."""
        return str(next(each["own_url"] for each in self.json("apps") if app in (None, each["name"])))

    def logs(self, *words: str) -> str:
        """The app's last 1,500 lines."""
        return self.cli("logs", "-n", "1500", *words).stdout

    def logged(self, text: str) -> str:
        """Wait until the log says that; the whole log then."""
        return str(until(lambda: (log := self.logs()) and text in log and log))

    def dyno(self, name: str = "web.1") -> Any:
        """One dyno as `ps --json` shows it."""
        return next(each for each in self.json("ps") if each["name"] == name)

    def up(self, name: str = "web.1") -> Any:
        """Wait until the dyno is up."""
        return until(lambda: (dyno := self.dyno(name))["state"] == "up" and dyno)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def get(url: str, timeout: float = PATIENCE_S) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def begin(home: Path, *words: str, log: Path, cwd: Path | None = None, **more: str) -> Platform:
    """Start `minipaas up WORDS`, in a folder if one is given, and return at once."""
    out, err = log / "out", log / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "up", "--port", "0", *words],
            env=environment(home, **more),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    return Platform(home, process, out, err)


def ready(platform: Platform, patience_s: float = PATIENCE_S) -> None:
    """Wait until `up` has said where the app is."""
    until(lambda: "Ctrl-C stops it" in platform.err.read_text() or platform.process.poll() is not None, patience_s)
    assert platform.process.poll() is None, platform.err.read_text()


@contextmanager
def platform(tmp_path: Path, *words: str | Path, patience_s: float = PATIENCE_S, **more: str) -> Iterator[Platform]:
    """A platform that is up within the time, and gone again with all its dynos at the end."""
    home = tmp_path / "home"
    running = begin(home, *map(str, words), log=tmp_path, **more)
    try:
        ready(running, patience_s)
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            try:
                running.process.wait(20)
            except subprocess.TimeoutExpired:
                running.process.send_signal(signal.SIGINT)
                running.process.wait(PATIENCE_S)
        left = left_behind(home)
        assert left == [], left


def left_behind(home: Path) -> list[str]:
    """Processes that stand on this home: its path is in their environment, or in what they alone see mounted."""
    mark = str(home).encode("utf-8", "surrogateescape")
    # A test may have mounted the home itself, which every process of the machine sees.
    ours = set(Path("/proc/self/mountinfo").read_bytes().splitlines())
    found = []
    for process in psutil.process_iter():
        try:
            place = Path(f"/proc/{process.pid}")
            mounted = set((place / "mountinfo").read_bytes().splitlines()) - ours
            seen = (place / "environ").read_bytes() + b"\n".join(mounted)
            if mark in seen and process.pid != os.getpid():
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except (OSError, psutil.Error):
            continue
    return found


def mounts(home: Path) -> list[str]:
    """The file systems of a home that this process sees mounted."""
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(home) in line]
