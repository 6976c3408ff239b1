"""Time that processes spent on the CPU."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def cpu_of(pids: Iterable[int]) -> float:
    """Seconds so far, those of children they waited for included; a process that is gone counts nothing."""
    return sum(map(_one, pids))


def _one(pid: int) -> float:
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0
