"""Three Docker engines on one machine, each in a network of its own, and a swarm of them.

Every engine has its own network namespace and host name; a bridge in a fourth namespace is the switch between them,
for in the machine's own namespace another engine's firewall would drop what passes it. The machine itself has one
cable into the switch, at 10.88.0.100. Disks are in memory: images would cost minutes of a busy disk. Needs root. What
an earlier run left is cleared first; who comes while another test has the lab waits.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Short, for a socket's path has 107 characters at most.
BASE = Path("/tmp/mp3")
SWITCH = "mpsw"
CABLE = "mpsw-me"
ME = "10.88.0.100"
NUMBERS = (1, 2, 3)
_PATIENCE_S = 30.0
_CGROUPS = Path("/sys/fs/cgroup")


class NoLab(Exception):
    """The lab cannot be set up on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """One engine."""

    number: int

    @property
    def name(self) -> str:
        """As the swarm calls it."""
        return f"host{self.number}"

    @property
    def namespace(self) -> str:
        """Of its network."""
        return f"mpn{self.number}"

    @property
    def port(self) -> str:
        """The switch's end of its cable."""
        return f"mpp{self.number}"

    @property
    def address(self) -> str:
        """On the switch."""
        return f"10.88.0.{self.number}"

    @property
    def folder(self) -> Path:
        """Everything it has on disk."""
        return BASE / str(self.number)

    @property
    def host(self) -> str:
        """What DOCKER_HOST would be."""
        return f"unix://{self.folder}/s"

    def docker(self, *words: str) -> str:
        """Run the command `docker` on it."""
        return told("docker", "-H", self.host, *words)

    def pid(self) -> int | None:
        """Of its daemon, if that lives."""
        with suppress(OSError, ValueError):
            pid = int((self.folder / "pid").read_text())
            if b"dockerd" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None


NODES = tuple(Node(number) for number in NUMBERS)
#: The daemons this process has started.
_DAEMONS: dict[int, subprocess.Popen[bytes]] = {}
_PROGRAMS = (b"dockerd", b"containerd", b"containerd-shim-runc-v2", b"docker-proxy")


@dataclass(frozen=True, slots=True)
class Three:
    """The lab, up; the first node is the manager."""

    nodes: Sequence[Node] = NODES

    @property
    def manager(self) -> Node:
        """The node to talk to."""
        return self.nodes[0]

    @property
    def environment(self) -> dict[str, str]:
        """What a platform is told of the lab."""
        return {
            "DOCKER_HOST": self.manager.host,
            "MINIPAAS_SWARM_ENGINES": ",".join(node.host for node in self.nodes[1:]),
            "MINIPAAS_STACK": "local",
        }

    def load_stack(self, archive: Path) -> None:
        """Bring the stack onto the manager, for dynos and for builds."""
        self.manager.docker("import", str(archive), "minipaas/stack:local")
        self.manager.docker("tag", "minipaas/stack:local", "minipaas/stack:local-build")

    def cut(self, node: Node) -> None:
        """Pull its cable."""
        run("ip", "-n", SWITCH, "link", "set", node.port, "down")

    def join(self, node: Node) -> None:
        """Put the cable back."""
        run("ip", "-n", SWITCH, "link", "set", node.port, "up")

    def kill(self, node: Node) -> None:
        """The machine loses power: its daemon and all its containers end at once."""
        _kill(node)

    def revive(self, node: Node) -> None:
        """Switch it on again, with nothing mounted and no pid files, as after a real boot."""
        _unmount(node.folder)
        shutil.rmtree(node.folder / "exec", ignore_errors=True)
        _start(node)
        _until_answers(node)


@contextlib.contextmanager
def three_engines() -> Iterator[Three]:
    """Set up, and clear again.

    Raises:
        NoLab: this machine does not allow it.
    """
    _check()
    with Path(f"{BASE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _locked()


def _locked() -> Iterator[Three]:
    clear()
    try:
        BASE.mkdir()
        run("mount", "-t", "tmpfs", "-o", "mode=0755,size=4g", "minipaas-lab", str(BASE))
        _wire()
        for node in NODES:
            _start(node)
        for node in NODES:
            _until_answers(node)
        _form_swarm()
        yield Three()
    finally:
        clear()


def clear() -> None:
    """End and remove everything of the lab, whoever left it."""
    for node in NODES:
        _kill(node)
    _unmount(BASE)
    for node in NODES:
        subprocess.run(("ip", "netns", "del", node.namespace), capture_output=True, check=False)
        for group in _CGROUPS.glob(f"*/{_group(node)}"):
            _remove_group(group)
        _remove_group(_CGROUPS / _group(node))
    subprocess.run(("ip", "netns", "del", SWITCH), capture_output=True, check=False)
    subprocess.run(("ip", "link", "del", CABLE), capture_output=True, check=False)
    shutil.rmtree(BASE, ignore_errors=True)


def run(*words: str) -> None:
    """A command that must succeed."""
    told(*words)


def told(*words: str) -> str:
    """What a command that must succeed prints."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


def _check() -> None:
    if os.geteuid() != 0:
        raise NoLab("three engines need root")
    for program in ("dockerd", "docker", "ip", "nsenter"):
        if shutil.which(program) is None:
            raise NoLab(f"{program} is not installed (apt-get install docker.io iproute2)")
    made = subprocess.run(("ip", "netns", "add", "mpprobe"), capture_output=True, text=True, check=False)
    subprocess.run(("ip", "netns", "del", "mpprobe"), capture_output=True, check=False)
    if made.returncode:
        raise NoLab(f"network namespaces are not allowed: {made.stderr.strip()}")


def _wire() -> None:
    run("ip", "netns", "add", SWITCH)
    run("ip", "-n", SWITCH, "link", "add", "br0", "type", "bridge")
    run("ip", "-n", SWITCH, "link", "set", "br0", "up")
    for node in NODES:
        run("ip", "netns", "add", node.namespace)
        end = ("peer", "name", "eth0", "netns", node.namespace)
        run("ip", "link", "add", "name", node.port, "netns", SWITCH, "type", "veth", *end)
        run("ip", "-n", SWITCH, "link", "set", node.port, "master", "br0", "up")
        run("ip", "-n", node.namespace, "addr", "add", f"{node.address}/24", "dev", "eth0")
        run("ip", "-n", node.namespace, "link", "set", "eth0", "up")
        run("ip", "-n", node.namespace, "link", "set", "lo", "up")
        # Docker refuses to start without a default route; nobody is at its end.
        run("ip", "-n", node.namespace, "route", "add", "default", "via", "10.88.0.254")
    run("ip", "link", "add", "name", CABLE, "type", "veth", "peer", "name", "mpp0", "netns", SWITCH)
    run("ip", "-n", SWITCH, "link", "set", "mpp0", "master", "br0", "up")
    run("ip", "addr", "add", f"{ME}/24", "dev", CABLE)
    run("ip", "link", "set", CABLE, "up")


def _start(node: Node) -> None:
    node.folder.mkdir(parents=True, exist_ok=True)
    at = node.folder
    words = (
        f"hostname {node.name}; exec dockerd --data-root {at}/data --exec-root {at}/exec -H {node.host} -p {at}/pid"
        f" --cgroup-parent=/{_group(node)} --bip 172.2{node.number}.0.1/24 --storage-driver overlay2"
        f" --default-address-pool base=172.3{node.number}.0.0/16,size=24 --insecure-registry 10.88.0.0/24"
    )
    with (at / "log").open("ab") as log:
        # nsenter, for `ip netns exec` would hide the control groups.
        _DAEMONS[node.number] = subprocess.Popen(
            ("nsenter", f"--net=/run/netns/{node.namespace}", "unshare", "--uts", "sh", "-c", words),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _until_answers(node: Node) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        done = subprocess.run(("docker", "-H", node.host, "version"), capture_output=True, check=False)
        if done.returncode == 0:
            return
        if time.monotonic() > end:
            log = (node.folder / "log").read_text(errors="replace").splitlines()
            raise NoLab(f"dockerd does not start: {log[-1] if log else 'it says nothing'}")
        time.sleep(0.05)


def _form_swarm() -> None:
    manager, *workers = NODES
    manager.docker("swarm", "init", "--advertise-addr", manager.address, "--listen-addr", f"{manager.address}:2377")
    token = manager.docker("swarm", "join-token", "-q", "worker")
    for node in workers:
        node.docker("swarm", "join", "--token", token, "--advertise-addr", node.address, f"{manager.address}:2377")


def _kill(node: Node) -> None:
    """The daemon, its containerd, the shims, and what they hold, found by the node's folder and control group."""
    for pid in _processes(node):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if daemon := _DAEMONS.pop(node.number, None):
        daemon.wait(_PATIENCE_S)
    end = time.monotonic() + _PATIENCE_S
    while _processes(node) and time.monotonic() < end:
        time.sleep(0.02)
    (node.folder / "pid").unlink(missing_ok=True)


def _processes(node: Node) -> list[int]:
    """All that live in its network or its control group, or were started with its folder."""
    found = []
    folder, group = f"{node.folder}/".encode(), f"/{_group(node)}/".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            runs = words.split(b"\0")[0].rpartition(b"/")[2]
            ours = folder in words and runs in (
                b"dockerd",
                b"containerd",
                b"containerd-shim-runc-v2",
                b"docker-proxy",
            )
            if ours or group in (entry / "cgroup").read_bytes():
                found.append(int(entry.name))
    return found


def _unmount(folder: Path) -> None:
    with suppress(OSError):
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in sorted((m for m in mounts if m == str(folder) or m.startswith(f"{folder}/")), reverse=True):
            subprocess.run(("umount", "-l", place), capture_output=True, check=False)


def _group(node: Node) -> str:
    return f"mpsw{node.number}"


def _remove_group(group: Path) -> None:
    if not group.is_dir():
        return
    for below in sorted((each for each in group.rglob("*") if each.is_dir()), reverse=True):
        with suppress(OSError):
            below.rmdir()
    with suppress(OSError):
        group.rmdir()
