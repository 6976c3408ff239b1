"""log-runtime-metrics: what each dyno uses, told in the app's log (DC:log-runtime-metrics)."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from minipaas.formation.kit import Kit
from minipaas.formation.memory import Watched
from minipaas.limits import RUNTIME_METRICS_S
from minipaas.model.feature import RUNTIME_METRICS
from minipaas.model.record import AppRecord
from minipaas.runtime.base import Memory

_MINUTES = (1, 5, 15)


@dataclass(frozen=True, slots=True)
class Load:
    """CPU seconds used so far, and how many CPUs were busy on average, over 1, 5 and 15 minutes fading."""

    cpu_s: float
    averages: tuple[float, ...] = (0.0, 0.0, 0.0)

    def after(self, cpu_s: float, seconds: float) -> "Load":
        """The next sample, `seconds` later."""
        busy = max(0.0, cpu_s - self.cpu_s) / seconds
        kept = [math.exp(-seconds / (60 * minutes)) for minutes in _MINUTES]
        faded = (keep * old + (1 - keep) * busy for keep, old in zip(kept, self.averages, strict=True))
        return Load(cpu_s, tuple(faded))


async def sample(kit: Kit, record: Callable[[], AppRecord], living: Callable[[], Sequence[Watched]]) -> None:
    """Every 20 seconds, while the feature is on in the app's record."""
    loads: dict[str, Load] = {}
    while RUNTIME_METRICS.name in record().features:
        await kit.clock.sleep(RUNTIME_METRICS_S)
        now = {}
        for dyno in living():
            if (process := dyno.process) is not None:
                load = loads.get(process.id, Load(0.0)).after(process.cpu_s(), RUNTIME_METRICS_S)
                now[process.id] = load
                for text in lines(str(dyno.name), f"heroku.{record().id}.{process.id}", load, process.memory()):
                    kit.say(dyno.name, text)
        loads = now


def lines(source: str, dyno: str, load: Load, memory: Memory) -> Iterable[str]:
    """The two lines of one dyno, in Heroku's words."""
    begin = f"source={source} dyno={dyno}"
    averages = zip(_MINUTES, load.averages, strict=True)
    yield " ".join((begin, *(f"sample#load_avg_{minutes}m={value:.2f}" for minutes, value in averages)))
    sizes = {
        "total": memory.used_bytes + memory.cache_bytes,
        "rss": memory.used_bytes - memory.swap_bytes,
        "cache": memory.cache_bytes,
        "swap": memory.swap_bytes,
    }
    pages = (f"sample#memory_pgpgin={memory.pages_in}pages", f"sample#memory_pgpgout={memory.pages_out}pages")
    yield " ".join((begin, *(f"sample#memory_{name}={size / 2**20:.2f}MB" for name, size in sizes.items()), *pages))
