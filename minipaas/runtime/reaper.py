"""Ends and clears what a platform left behind. Also a program of its own: the warden.

Only the standard library and only small modules of it, so that the warden needs few megabytes:
`python -I -S reaper.py MARK` reads lines from its stdin, which only the platform holds open: `+PATH` a thing to
remove, `-PATH` no more (paths in hexadecimal), `q` all is well. At the end of the input without `q` the platform
has died: every process whose environment has MINIPAAS_DYNO_ID beginning with MARK is killed, every path is removed.
"""

import os
import signal
import stat
import sys
import time

MARK_NAME = "MINIPAAS_DYNO_ID"
_KILL_FOR_S = 3.0


def marked(mark: str) -> dict[int, str]:
    """Processes that carry a mark beginning with `mark`: pid to the whole mark. This one is never among them."""
    return _marked_by_proc(mark) if os.path.isdir("/proc/self") else _marked_by_ps(mark)  # noqa: PTH112


def _marked_by_proc(mark: str) -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit() and int(name) != os.getpid():
            whole = mark_of(int(name))
            if whole.startswith(mark):
                found[int(name)] = whole
    return found


def mark_of(pid: int) -> str:
    """The mark in a process's environment; empty when it has none, is gone, or is not ours to read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            environ = b"\0" + file.read()
    except OSError:
        return ""
    _, name, rest = environ.partition(f"\0{MARK_NAME}=".encode())
    return rest.partition(b"\0")[0].decode(errors="replace") if name else ""


def _marked_by_ps(mark: str) -> dict[int, str]:
    found = {}
    with os.popen("ps axeww -o pid=,command=") as lines:
        for line in lines:
            before, name, rest = line.partition(f" {MARK_NAME}=")
            pid = int(before.split()[0]) if name else os.getpid()
            if pid != os.getpid() and rest.startswith(mark):
                found[pid] = rest.split()[0]
    return found


def signal_marked(mark: str, number: int) -> dict[int, str]:
    """Send a signal to every process that carries a mark beginning with `mark`; those that got it."""
    return {pid: whole for pid, whole in marked(mark).items() if _signal(pid, whole, number)}


def _signal(pid: int, mark: str, number: int) -> bool:
    """A pid may be given to a stranger between look and kill; a pidfd with a second look may not."""
    try:
        if not hasattr(os, "pidfd_open") or not os.path.isdir("/proc/self"):  # noqa: PTH112
            os.kill(pid, number)
            return True
        fd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if mark_of(pid) != mark:
            return False
        signal.pidfd_send_signal(fd, number)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def kill_marked(mark: str) -> set[str]:
    """SIGKILL until nobody carries the mark, for a process may fork while it is being killed; wait for their end."""
    hit: dict[int, str] = {}
    deadline = time.monotonic() + _KILL_FOR_S
    while time.monotonic() < deadline:
        new = signal_marked(mark, signal.SIGKILL)
        hit.update(new)
        if not new and not any(_is_there(pid) for pid in hit):
            break
        time.sleep(0.01)
    return set(hit.values())


def _is_there(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()[0] not in b"ZX"
    except (OSError, IndexError):
        return False


def remove(path: str) -> None:
    """Remove a dyno's disk, or its cgroup; what is gone already is no error."""
    if path.startswith("/sys/fs/cgroup/"):
        _remove_cgroup(path)
    else:
        remove_tree(path)


def _remove_cgroup(path: str) -> None:
    for _ in range(50):
        try:
            os.rmdir(path)  # noqa: PTH106
        except FileNotFoundError:
            return
        except OSError:  # its last process is not reaped yet
            time.sleep(0.01)
        else:
            return


def remove_tree(path: str) -> None:
    """Remove a folder and all in it, also what an app made unreadable; symbolic links are not followed."""
    try:
        kind = os.lstat(path)
    except OSError:
        return
    if not stat.S_ISDIR(kind.st_mode):
        _unlink(path)
        return
    if kind.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        _open_up(path)
    try:
        names = os.listdir(path)  # noqa: PTH208
    except OSError:
        return
    for name in names:
        remove_tree(f"{path}/{name}")
    try:
        os.rmdir(path)  # noqa: PTH106
    except OSError:
        return


def _open_up(path: str) -> None:
    try:
        os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
    except OSError:
        return


def _unlink(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return


def watch(mark: str) -> None:
    """The warden's life: keep the list of things to remove until the platform says goodbye, or is gone."""
    things: dict[str, None] = {}
    for line in sys.stdin.buffer:
        if line == b"q\n":
            return
        path = os.fsdecode(bytes.fromhex(line[1:].decode()))
        if line[:1] == b"+":
            things[path] = None
        else:
            things.pop(path, None)
    kill_marked(mark)
    for path in things:
        remove(path)


if __name__ == "__main__":
    watch(sys.argv[1])
