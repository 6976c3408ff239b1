"""An engine of the tests' own, and a stack made of this machine's programs: no registry and no mirror is asked.

It holds what a dyno's init needs (dash, bash, some of coreutils, xargs) and Python, as it lies here.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from minipaas.runtime.docker.engine import knock

PROGRAMS = (
    *(
        "bash",
        "sh",
        "env",
        "sleep",
        "cat",
        "rm",
        "ls",
        "id",
        "stty",
        "mkdir",
        "touch",
        "chmod",
        "head",
        "wc",
        "hostname",
    ),
    *("xargs", "grep", "setsid", "readlink", "seq", "true", "find", "nohup", "whoami", "mkfifo", "kill", "cp", "dd"),
    *(
        "mv",
        "sort",
        "printf",
        "dirname",
        "basename",
        "tr",
        "sed",
        "cut",
        "date",
        "expr",
        "ln",
        "du",
        "mktemp",
        "stat",
    ),
)
STACK = "minipaas/stack:local"
_PATIENCE_S = 60.0


class Dockerd:
    """`dockerd` on a folder; `host` is its DOCKER_HOST."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/socket"
        self.daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.daemon = subprocess.Popen(
                [
                    *("dockerd", "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")),
                    *("--pidfile", str(self.folder / "pid"), "-H", self.host, "--storage-driver", "overlay2"),
                    *("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false"),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _PATIENCE_S
        while not self._answers():
            if self.daemon.poll() is not None or time.monotonic() > end:
                pytest.skip(f"dockerd does not run here: {(self.folder / 'log').read_text()[-300:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        with suppress(Exception):
            knock(self.host)
            with self.client() as client:
                return bool(client.ping())
        return False

    def client(self) -> "_Client":
        return _Client(self.host)

    def stop(self) -> None:
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGTERM)
        try:
            self.daemon.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()

    def die(self) -> None:
        """As by a crash."""
        assert self.daemon is not None
        self.daemon.kill()
        self.daemon.wait()
        # A service manager ends its helper with it.
        helper = self.folder / "exec" / "containerd" / "containerd.pid"
        with suppress(OSError, ValueError):
            pid = int(helper.read_text())
            os.kill(pid, signal.SIGKILL)
            while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
                time.sleep(0.05)
        helper.unlink(missing_ok=True)
        (self.folder / "pid").unlink(missing_ok=True)

    def clear(self) -> None:
        """Stop it, and leave nothing mounted."""
        self.stop()
        mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in sorted((each for each in mounted if each.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", "-l", place], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def load_stack(self, archive: Path) -> None:
        """The same image serves for dynos and for builds."""
        with self.client() as client:
            client.import_image_from_file(str(archive), repository="minipaas/stack", tag="local")
            client.tag(STACK, "minipaas/stack", "local-build")


class _Client:
    """The SDK's, closed at the end."""

    def __init__(self, host: str) -> None:
        self._api = docker.APIClient(base_url=host, version="1.41", timeout=60)

    def __enter__(self) -> docker.APIClient:
        return self._api

    def __exit__(self, *_: object) -> None:
        self._api.close()


def needs_engine() -> None:
    """Skip where no engine of one's own can be had."""
    if os.geteuid() != 0 or not shutil.which("dockerd") or not sys.platform.startswith("linux"):
        pytest.skip("an engine of the tests' own needs root and docker.io")


def pack_stack(archive: Path) -> Path:
    """A tar of programs and Python."""
    with tarfile.open(archive, "w", dereference=True) as tar:
        for folder, mode in (("tmp", 0o1777), ("run", 0o755), ("app", 0o755), ("var/tmp", 0o1777), ("proc", 0o555)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for path in sorted(_files()):
            tar.add(path, str(path).lstrip("/"), recursive=False)
        for name in PROGRAMS:
            for folder in ("bin", "usr/bin"):
                tar.add(shutil.which(name, path="/usr/bin:/bin") or "", f"{folder}/{name}")
        for name in ("passwd", "group", "nsswitch.conf"):
            tar.add(f"/etc/{name}", f"etc/{name}")
    return archive


def _files() -> Iterator[Path]:
    """Python, its library without tests, and the shared libraries of everything."""
    python = Path(shutil.which("python3", path="/usr/bin") or sys.executable).resolve()
    asked = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    told = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    library = Path(told.stdout.strip())
    skipped = {"test", "tests", "dist-packages", "site-packages", "idlelib", "lib2to3", "ensurepip", "__pycache__"}
    found = {python, Path("/usr/bin/python3")}
    found |= {path for path in library.rglob("*") if path.is_file() and not skipped & set(path.parts)}
    programs = [shutil.which(name, path="/usr/bin:/bin") or "" for name in PROGRAMS]
    for program in {str(python), *programs, *map(str, library.glob("lib-dynload/*.so"))}:
        loads = subprocess.run(["ldd", program], capture_output=True, text=True)
        found |= {Path(each) for each in re.findall(r"(/\S+) \(0x", loads.stdout)}
    yield from found
