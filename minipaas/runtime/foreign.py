"""What proc.py and sockets.py read from the kernel on Linux, asked of psutil where there is no `/proc`.

Imported late: psutil takes 7 ms to load, and on Linux nothing here is needed.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil

from minipaas.runtime.base import Listener


def pids() -> list[int]:
    """Every process of this machine."""
    return psutil.pids()


def children(pid: int) -> list[int]:
    """The living children of a process."""
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def resident(pid: int) -> int:
    """Resident memory in bytes; zero when the process is gone."""
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def cpu(pid: int) -> float:
    """CPU seconds; zero when the process is gone."""
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def is_alive(pid: int) -> bool:
    """There, and not a zombie."""
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def command(pid: int) -> str:
    """A process's words, joined; empty when it is gone or not ours."""
    with suppress(psutil.Error):
        return " ".join(psutil.Process(pid).cmdline())
    return ""


def listeners(among: Iterable[int]) -> Iterator[Listener]:
    """The sockets in state LISTEN of these processes; macOS lets an ordinary user ask only process by process."""
    for pid in among:
        if pid == os.getpid():
            continue
        with suppress(psutil.Error):
            for one in psutil.Process(pid).net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN:
                    yield Listener(one.laddr.ip, one.laddr.port, pid, command(pid))
