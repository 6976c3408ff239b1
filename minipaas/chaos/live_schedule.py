"""When what is done to which dyno: drawn from a seed and a formation, and from nothing else."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from minipaas.limits import CRASH_RESET_S
from minipaas.model.live import Act, ActKind

#: A host that fails is gone for so long, seconds.
OUTAGE_S = (4.0, 10.0)
#: A dyno crashes no sooner again: one that was not up for a minute waits long for its next start, and what users
#: see of that wait says nothing of the app.
CRASHES_APART_S = CRASH_RESET_S + 30.0
#: The pause between two acts is the mean one times this.
_JITTER = (0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Formation:
    """Dynos by app (`web.1`), the hosts that work, and the names of add-ons by app."""

    dynos: Mapping[str, Sequence[str]]
    hosts: Sequence[str]
    addons: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def all_dynos(self) -> tuple[tuple[str, str], ...]:
        """(app, dyno), in order."""
        return tuple((app, dyno) for app in sorted(self.dynos) for dyno in sorted(self.dynos[app]))

    @property
    def all_addons(self) -> tuple[tuple[str, str], ...]:
        """(app, add-on), in order."""
        return tuple((app, addon) for app in sorted(self.addons) for addon in sorted(self.addons[app]))

    def can(self, kind: ActKind) -> bool:
        """Whether there is something to do it to, and what is left goes on."""
        if kind is ActKind.HOST:
            return len(self.hosts) > 1
        return kind is not ActKind.ADDON or bool(self.all_addons)


def schedule(seed: int, formation: Formation, kinds: Sequence[ActKind], rate_per_min: float) -> Iterator[Act]:
    """Acts without end, in order of time.

    One host at a time fails, and only where another is left; a dyno crashes once in a while; one add-on at a time
    is gone. Nothing at all is done where there is nobody to do it to.
    """
    rng, crashed = random.Random(seed), dict[tuple[str, str], float]()
    dynos = formation.all_dynos
    chosen = [kind for kind in ActKind if kind in kinds and formation.can(kind)]
    at, back = 0.0, {ActKind.HOST: 0.0, ActKind.ADDON: 0.0}
    while dynos and chosen:
        at += 60.0 / rate_per_min * rng.uniform(*_JITTER)
        kind, lasts = rng.choice(chosen), rng.uniform(*OUTAGE_S)
        app, dyno = rng.choice(formation.all_addons if kind is ActKind.ADDON else dynos)
        if kind is ActKind.CRASH:
            if at - crashed.get((app, dyno), -CRASHES_APART_S) < CRASHES_APART_S:
                continue
            crashed[app, dyno] = at
        if kind not in back:
            yield Act(at_s=at, kind=kind, app=app, dyno=dyno)
        elif at >= back[kind]:
            back[kind] = at + lasts
            yield Act(at_s=at, kind=kind, app=app, dyno=dyno, lasts_s=lasts)
