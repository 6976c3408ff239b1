"""Faults at random: the same ones for the same seed."""

import random
from typing import cast

from minipaas.chaos.fleet import Fleet
from minipaas.chaos.lab import Lab, LabDyno
from minipaas.chaos.trial import Kind, Phase, Trial, soak
from minipaas.clock import SystemClock


class Paper:
    """A lab without dynos; it counts how often one was replaced."""

    def __init__(self) -> None:
        self.clock = SystemClock()


class Counting(Fleet):
    async def _replacement(self, old: LabDyno) -> LabDyno:
        return old

    async def _stop(self, dyno: LabDyno) -> None:
        pass

    def _look_at_disk(self, dyno: LabDyno) -> None:
        pass


def fleet(trial: Trial) -> Counting:
    made = Counting(cast("Lab", Paper()), trial)
    made._web = [cast("LabDyno", type("Dyno", (), {"name": f"web.{n}"})) for n in range(1, 2 + trial.several)]
    return made


async def faults(seed: int) -> list[int]:
    """The steps of forty at which a soak of that seed takes the dyno away."""
    made, at = fleet(soak(seed, 0, 40)), []
    for step in range(40):
        before = made.faults
        await made.reach(random.Random(step).choice(list(Phase)), "GET /")
        if made.faults > before:
            at.append(step)
    return at


async def test_the_seed_says_where_the_faults_are() -> None:
    assert await faults(7) == await faults(7)
    assert len({tuple(await faults(seed)) for seed in range(8)}) > 4
    assert 1 <= sum([len(await faults(seed)) for seed in range(8)]) / 8 <= 10, "a handful of faults a play"


async def test_every_second_soak_has_two_dynos_that_answer_in_no_order() -> None:
    trial = soak(7, 1, 40)
    assert trial.kind is Kind.MULTI
    turns = [[each.next().name for _ in range(40)] for each in (fleet(trial), fleet(trial))]
    assert turns[0] == turns[1]
    assert any(one == other for one, other in zip(turns[0], turns[0][1:], strict=False))
    assert set(turns[0]) == {"web.1", "web.2"}
