"""The words bubblewrap is called with."""

import os
from collections.abc import Iterator
from pathlib import Path

from minipaas.frozen import frozen
from minipaas.runtime.base import Launch
from minipaas.runtime.disk import Disk
from minipaas.runtime.stack import Stack

#: The user in a dyno. One number for all: dynos do not see each other.
UID = 1000
#: Root's own files in /etc. A dyno of a platform that runs as root could read them otherwise.
_SECRETS = ("shadow", "shadow-", "gshadow", "gshadow-", "sudoers", "sudoers.d", "ssl/private")

#: What in /proc root may write without any capability. bubblewrap itself covers less.
_KERNEL = ("sys", "irq", "bus", "fs", "acpi", "scsi", "sysrq-trigger", "mtrr")


@frozen
class View:
    """What every dyno of this runtime sees beside its own disk, as bubblewrap words, made once.

    `users` is a folder with the `passwd` and `group` that stand in for this machine's.
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, stack: Stack, users: Path) -> "View":
        """Look at this machine."""
        return cls((*_system(), *_etc(users), *_resolver(), *_toolchains(stack), *_kernel()))


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    if Path("/opt").is_dir():
        yield from ("--ro-bind", "/opt", "/opt")


def _etc(users: Path) -> Iterator[str]:
    yield from ("--ro-bind", "/etc", "/etc")
    for name in ("passwd", "group"):
        if (Path("/etc") / name).is_file():
            yield from ("--ro-bind", str(users / name), f"/etc/{name}")
    if os.geteuid() == 0:
        yield from _hidden(Path("/etc"))


def _hidden(etc: Path) -> Iterator[str]:
    for path in (*(etc / name for name in _SECRETS), *_host_keys(etc / "ssh")):
        if path.is_dir():
            yield from ("--tmpfs", str(path))
        elif path.exists():
            yield from ("--ro-bind", "/dev/null", str(path))


def _host_keys(ssh: Path) -> list[Path]:
    names = ssh.iterdir() if ssh.is_dir() else ()
    return sorted(path for path in names if path.name.startswith("ssh_host_") and path.name.endswith("_key"))


def _resolver() -> Iterator[str]:
    """/etc/resolv.conf is often a symbolic link into a folder of a resolver, which replaces the file as a whole."""
    real = Path("/etc/resolv.conf").resolve()
    if real.is_relative_to("/etc") or real.is_relative_to("/usr") or not real.exists():
        return
    shown = real.parent if real.is_relative_to("/run") and real.parent != Path("/run") else real
    yield from ("--ro-bind-try", str(shown), str(shown))


def _toolchains(stack: Stack) -> Iterator[str]:
    for folder in stack.folders:
        yield from ("--ro-bind-try", str(folder), str(folder))


def _kernel() -> Iterator[str]:
    yield from ("--proc", "/proc", "--dev", "/dev")
    if os.geteuid() == 0:
        for path in (Path("/proc", name) for name in _KERNEL):
            if path.exists():
                yield from ("--ro-bind", str(path), str(path))


def sandbox_words(launch: Launch, disk: Disk, view: View, empty: Path) -> tuple[str, ...]:
    """Namespaces, files and environment of one dyno; `empty` is an empty folder to lay kept ones on."""
    return (
        *("--unshare-user", "--uid", str(UID), "--gid", str(UID)),
        *("--unshare-pid", "--unshare-uts", "--unshare-ipc", "--unshare-cgroup-try"),
        *("--hostname", launch.hostname or "dyno"),
        *("--die-with-parent", "--as-pid-1", "--new-session", "--clearenv"),
        *view.words,
        *("--bind", str(disk.tmp), "/tmp"),
        *("--perms", "0755", "--dir", "/var", "--bind", str(disk.var_tmp), "/var/tmp"),
        *_app(launch, disk, empty),
        *_binds(launch),
        *("--remount-ro", "/", "--chdir", launch.cwd or "/app"),
    )


def _app(launch: Launch, disk: Disk, empty: Path) -> Iterator[str]:
    layers = (*((launch.slug,) if launch.slug else ()), *launch.kept)
    if not layers:
        yield from ("--bind", str(disk.app), "/app")
        return
    for layer in layers if launch.slug else (empty, *layers):
        yield from ("--overlay-src", str(layer))
    yield from ("--overlay", str(disk.app), str(disk.work), "/app")


def _binds(launch: Launch) -> Iterator[str]:
    for bind in launch.binds:
        yield from ("--bind" if bind.writable else "--ro-bind", str(bind.source), bind.target)


def environment_words(environ: dict[str, str]) -> Iterator[str]:
    """The dyno's environment; given by a file descriptor, so that no config var shows in a list of processes."""
    for name, value in environ.items():
        yield from ("--setenv", name, value)


def write_users(folder: Path) -> None:
    """`passwd` and `group` of a dyno: the system's own accounts, and `dyno`; this machine's people left out.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, line in (("passwd", f"dyno:x:{UID}:{UID}::/app:/bin/bash"), ("group", f"dyno:x:{UID}:")):
        (folder / name).write_text("\n".join([*_system_accounts(Path("/etc") / name), line, ""]))


def _system_accounts(path: Path) -> list[str]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if _is_system(line.split(":"))]


def _is_system(fields: list[str]) -> bool:
    return len(fields) > 2 and fields[2].isdigit() and (int(fields[2]) < 1000 or int(fields[2]) > 60000)
