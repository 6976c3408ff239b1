"""A Docker engine of the bench's own, and an image made of this machine's Python: no registry is asked."""

import os
import re
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.peers import debian, system_python
from bench.waiting import end, until

IMAGE = "minipaas-bench"
_ENGINE = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"


class CannotRunError(Exception):
    """The engine does not run here; the text says why."""


class Engine:
    """Docker's command against our own engine."""

    def __init__(self, socket: Path, client: str) -> None:
        self.socket = socket
        self._client = client

    def docker(self, *words: str) -> str:
        """What `docker WORDS` prints.

        Raises:
            CannotRunError: it failed.
        """
        done = subprocess.run(
            [self._client, "-H", f"unix://{self.socket}", *words],
            capture_output=True,
            text=True,
            env={**os.environ, "DOCKER_CONFIG": str(self.socket.parent)},
        )
        if done.returncode:
            raise CannotRunError(f"docker {words[0]}: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """An engine with its state in `folder`, ended and taken away at the end.

    Raises:
        CannotRunError: not root, no engine, or it does not come up.
    """
    if os.geteuid() != 0:
        raise CannotRunError("an engine of one's own needs root")
    if not debian("docker.io", "dockerd"):
        raise CannotRunError("docker.io cannot be installed")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "dockerd.log"
    socket = folder / "docker.sock"
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            [
                *("dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
                *("--pidfile", str(folder / "pid"), "-H", f"unix://{socket}"),
                *("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false"),
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": _ENGINE},
            start_new_session=True,
        )
    try:
        # The client that came with the engine speaks its language; a newer one may not.
        client = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"
        made = Engine(socket, client)
        _wait_for(made, daemon, log)
        yield made
    finally:
        end(daemon, signal.SIGTERM)
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(made: Engine, daemon: "subprocess.Popen[bytes]", log: Path) -> None:
    def answers() -> bool:
        if daemon.poll() is not None:
            raise CannotRunError(f"dockerd ended: {log.read_text().strip()[-300:]}")
        try:
            made.docker("version")
        except CannotRunError:
            return False
        return True

    try:
        until(answers, 60, 0.1)
    except TimeoutError:
        raise CannotRunError(f"dockerd does not answer: {log.read_text().strip()[-300:]}") from None


def _unmount(folder: Path) -> None:
    """What an engine leaves mounted in its state folder, innermost first."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in sorted((each for each in mounted if each.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", place], check=False)


def make_image(made: Engine, app: Path, folder: Path) -> None:
    """Import an image of this machine's Python, busybox as its shell, and the app in /app."""
    if not debian("busybox-static", "busybox"):
        raise CannotRunError("busybox-static cannot be installed")
    archive = folder / "image.tar"
    with tarfile.open(archive, "w", dereference=True) as tar:
        for path in _python_files():
            tar.add(path, str(path).lstrip("/"), recursive=False)
        tar.add(shutil.which("busybox") or "/bin/busybox", "bin/sh")
        tar.add(app / "server.py", "app/server.py")
    made.docker("import", str(archive), IMAGE)
    archive.unlink()


def _python_files() -> Iterator[Path]:
    """The interpreter, the libraries it and its modules load, and the standard library without its tests."""
    binary = Path(system_python()).resolve()
    version = subprocess.run(
        [binary, "-c", "import os, sysconfig; print(os.path.realpath(sysconfig.get_path('stdlib')))"],
        capture_output=True,
        text=True,
        check=True,
    )
    stdlib = Path(version.stdout.strip())
    wanted = {binary, Path(binary.parent, "python3")}
    for path in stdlib.rglob("*"):
        if not {"test", "dist-packages", "site-packages", "idlelib"} & set(path.parts):
            wanted.add(path)
    for loaded in (binary, *stdlib.glob("lib-dynload/*.so")):
        found = subprocess.run(["ldd", loaded], capture_output=True, text=True)
        wanted |= {Path(each) for each in re.findall(r"(/\S+) \(0x", found.stdout)}
    yield from sorted(path for path in wanted if path.exists())
