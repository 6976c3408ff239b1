"""Time that processes spent on the CPU."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


class Idleness:
    """How idle this machine has been since the object was made."""

    def __init__(self) -> None:
        self._began = psutil.cpu_times()

    def share(self) -> float:
        """Of the time of all its CPUs, 0 to 1."""
        now = psutil.cpu_times()
        spent = [after - before for before, after in zip(self._began[:8], now[:8], strict=True)]
        return float((now.idle - self._began.idle) / max(sum(spent), 0.01))


def cpu_of(pids: Iterable[int]) -> float:
    """Seconds so far, those of children they waited for included; a process that is gone counts nothing."""
    return sum(map(_one, pids))


def _one(pid: int) -> float:
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0
