"""Which processes a dyno has and what memory they use, read from `/proc`, or by psutil where there is none."""

import os
from collections.abc import Iterable
from contextlib import suppress

HAS_PROC = os.path.isdir("/proc/self/task")  # noqa: PTH112
_HAS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110


def everyone() -> list[int]:
    """Every process of this machine."""
    if not HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return foreign.pids()
    return [int(name) for name in _listed("/proc") if name.isdigit()]


def tree(root: int) -> list[int]:
    """Every living descendant of a process, without itself."""
    found: list[int] = []
    queue = [root]
    while queue:
        children = _children(queue.pop())
        found += children
        queue += children
    return found


def _children(pid: int) -> list[int]:
    """Of all its threads: Go and Node fork from others than the first."""
    if not _HAS_CHILDREN:  # also a kernel without CONFIG_PROC_CHILDREN
        from minipaas.runtime import foreign  # noqa: PLC0415

        return foreign.children(pid)
    children: list[int] = []
    for task in _listed(f"/proc/{pid}/task"):
        children += [int(number) for number in _text(f"/proc/{pid}/task/{task}/children").split()]
    return children


def memory_of(pids: Iterable[int], quota: int) -> int:
    """Bytes of anonymous, shared and swapped memory, page cache left out.

    The kernel's counters are read first, which costs 30 microseconds a process and counts pages that forked
    workers share once for each. Only where that sum is over the quota are shared pages divided, which makes the
    kernel walk the page tables.
    """
    pids = list(pids)
    if not HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return sum(foreign.resident(pid) for pid in pids)
    cheap = sum(_sum_kb(f"/proc/{pid}/status", ("RssAnon", "RssShmem", "VmSwap")) for pid in pids)
    if cheap <= quota:
        return cheap
    return sum(_sum_kb(f"/proc/{pid}/smaps_rollup", ("Pss_Anon", "Pss_Shmem", "SwapPss")) for pid in pids)


def _sum_kb(path: str, names: tuple[str, ...]) -> int:
    total = 0
    for line in _text(path).splitlines():
        name, _, value = line.partition(":")
        if name in names:
            total += int(value.split()[0]) * 1024
    return total


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds in user and kernel mode, with those of children that ended and were waited for."""
    if not HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return sum(foreign.cpu(pid) for pid in pids)
    ticks = 0
    for pid in pids:
        fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int) -> bool:
    """There, and not a zombie that nobody has reaped."""
    if not HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return foreign.is_alive(pid)
    state = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return bool(state) and state[0] not in "ZX"


def parent_of(pid: int) -> int | None:
    """The parent's pid; None when the process is gone."""
    for line in _text(f"/proc/{pid}/status").splitlines():
        if line.startswith("PPid:"):
            return int(line.split()[1])
    return None


def command_of(pid: int) -> str:
    """A process's words, joined; empty when it is gone."""
    if not HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return foreign.command(pid)
    return _text(f"/proc/{pid}/cmdline").replace("\0", " ").strip()


def socket_inodes(pid: int) -> set[int]:
    """The inodes of the sockets a process has open."""
    return {int(target[8:-1]) for target in _open_files(pid) if target.startswith("socket:[")}


def holders_of_pipe(inode: int) -> set[int]:
    """Processes that have an end of a pipe open, this one left out."""
    wanted = f"pipe:[{inode}]"
    others = [pid for pid in everyone() if pid != os.getpid()]
    return {pid for pid in others if wanted in _open_files(pid)}


def _open_files(pid: int) -> list[str]:
    targets = []
    for name in _listed(f"/proc/{pid}/fd"):
        with suppress(OSError):
            targets.append(os.readlink(f"/proc/{pid}/fd/{name}"))  # noqa: PTH115
    return targets


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)  # noqa: PTH208
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read().decode(errors="replace")
    except OSError:
        return ""
