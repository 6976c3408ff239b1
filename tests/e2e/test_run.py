"""`run`: a command in a dyno of its own, from a terminal, from a pipe, and by Heroku's rendezvous."""

import fcntl
import json
import os
import pty
import select
import signal
import socket
import ssl
import struct
import subprocess
import termios
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, Platform, environment, platform, until, write_app

pytestmark = pytest.mark.slow
PROCFILE = "worker: echo working on\n"


class Terminal:
    """`minipaas WORDS` at a terminal."""

    def __init__(self, home: Path, *words: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(COMMAND[0], [*COMMAND, *words], environment(home, TERM="xterm"))
        self.seen = b""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def until(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while text.encode() not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.fd], [], [], 1)[0]:
                self.seen += os.read(self.fd, 65536)

    def exit(self) -> int:
        while True:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize("runtime", ["sandbox", "process"])
def test_a_shell_at_a_terminal_follows_keys_sizes_and_its_client(tmp_path: Path, runtime: str) -> None:
    app = write_app(tmp_path / "app", PROCFILE)
    with platform(tmp_path, app, "--runtime", runtime) as running:
        shell = Terminal(running.home, "run", "PS1='$ ' bash --norc -i")
        shell.until("up, run.")
        shell.resize(31, 97)
        shell.type("until [ \"$(stty size)\" = '31 97' ]; do sleep 0.05; done; echo si''ze; sleep 1000\n")
        shell.until("size")
        (dyno,) = [each for each in running.json("ps") if each["type"] == "run"]
        assert (dyno["state"], dyno["command"]) == ("up", "PS1='$ ' bash --norc -i")
        shell.type("\x03")
        shell.type("echo int''errupted $?\nexit 9\n")
        shell.until("interrupted 130")
        assert shell.exit() == 9
        log = running.logged(f"heroku[{dyno['name']}]: State changed from up to complete")
        assert f"heroku[{dyno['name']}]: Process exited with status 9" in log
        assert "interrupted" not in log

        left = Terminal(
            running.home,
            "run",
            "trap 'sleep 0.2; echo > /tmp/x; exit 0' HUP; echo re''ady; while :; do sleep 0.1; done",
        )
        left.until("ready")
        os.kill(left.pid, signal.SIGKILL)
        left.exit()
        until(lambda: all(each["type"] != "run" for each in running.json("ps")))
        assert "R16" not in running.logs()


def test_commands_by_pipe_by_type_detached_stopped_and_by_rendezvous(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", PROCFILE)
    with platform(tmp_path, app) as running:
        _by_pipe(running)
        ran = running.cli("run", "worker", "job 7", "x")
        assert ran.stdout == "working on job 7 x\n"
        sized = running.cli("run", "-s", "standard-2x", "--env", "A=1;B=two words", "echo $A $B $DYNO")
        assert sized.stdout.startswith("1 two words run.")
        detached = json.loads(running.cli("run:detached", "--json", "echo $DYNO said so").stdout)
        running.logged(f"app[{detached['name']}]: {detached['name']} said so")
        _stopped(running)
        _by_rendezvous(running)
        _a_tail_that_lost_the_last_line_ends_too(running)
        _resized(running)
        refused = running.cli("run", "--size", "huge", "true", check=False)
        assert (refused.returncode, "there is no dyno size huge" in refused.stderr) == (2, True)


def _a_tail_that_lost_the_last_line_ends_too(running: Platform) -> None:
    """A flood of 12 MB overflows the tail's buffer, and the line that tells the end is among what is dropped."""
    flood = running.cli("run:detached", "--tail", f"yes {'y' * 40} | head -n 300000")
    assert flood.stdout.rstrip().endswith(("to complete", "+00:00."))


def _resized(running: Platform) -> None:
    assert running.json("ps:type", "worker=Standard-2X")[0]["size"] == "Standard-2X"
    assert until(lambda: running.dyno("worker.1")["size"] == "Standard-2X")
    detached = json.loads(running.cli("run:detached", "--json", "worker").stdout)
    assert detached["size"] == "Standard-2X"
    wrong = running.cli("ps", "resize", "wrker=basic", check=False)
    assert (wrong.returncode, "did you mean `worker`" in wrong.stderr) == (2, True), wrong.stderr


def _by_pipe(running: Platform) -> None:
    data = os.urandom(3_000_000)
    done = subprocess.run(
        [*COMMAND, "run", "cat; exit 7"],
        input=data,
        env=environment(running.home),
        capture_output=True,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stdout == data) == (7, True)


def _stopped(running: Platform) -> None:
    with subprocess.Popen(
        [*COMMAND, "run", "trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.05; done"],
        env=environment(running.home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        (dyno,) = [each for each in running.json("ps") if each["type"] == "run"]
        running.cli("ps:stop", dyno["name"])
        assert client.stdout.read().endswith(b"bye\n")
        assert client.wait(PATIENCE_S) == 4


def _by_rendezvous(running: Platform) -> None:
    """As heroku/cli src/lib/run/dyno.ts does it: TLS, the secret, one line back, then plain bytes."""
    wish = {"command": 'stty size; read -r line; echo "<$line>"', "attach": True, "env": {"LINES": 12, "COLUMNS": 34}}
    dyno = _post(running, "/apps/app/dynos", wish)
    host, port = dyno["attach_url"].removeprefix("rendezvous://").partition("/")[0].split(":")
    trust = ssl.create_default_context(cafile=str(running.home / "tls.pem"))
    with (
        socket.create_connection((host, int(port)), PATIENCE_S) as plain,
        trust.wrap_socket(plain, server_hostname=host) as link,
    ):
        link.sendall(dyno["attach_url"].rpartition("/")[2].encode() + b"\r\n")
        assert link.recv(4096) == b"rendezvous\r\n"
        link.sendall(b"typed\n")
        seen = b""
        while data := link.recv(4096):
            seen += data
    assert b"12 34\r\n" in seen
    assert b"<typed>\r\n" in seen
    with (
        socket.create_connection((host, int(port)), PATIENCE_S) as plain,
        trust.wrap_socket(plain, server_hostname=host) as link,
    ):
        link.sendall(b"no-such-secret\r\n")
        assert link.recv(4096) == b""


def _post(running: Platform, path: str, wish: Any) -> Any:
    known = json.loads((running.home / "platform.json").read_text())
    request = urllib.request.Request(
        f"http://127.0.0.1:{known['control_port']}{path}",
        json.dumps(wish).encode(),
        {"Authorization": f"Bearer {(running.home / 'token').read_text().strip()}"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)
