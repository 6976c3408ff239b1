"""Time that runs out, and plays side by side."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from minipaas.chaos.deadline import Deadline
from minipaas.chaos.history import History
from minipaas.chaos.lanes import Lane, Lanes
from minipaas.chaos.verdicts import Findings, Subject, rule_verdicts
from minipaas.model.verdict import Finding, Rule, Severity, Verdict
from tests.fakes import FakeClock

APP = Subject("notes", (), ())
SLOW = Finding(code="MP203", severity=Severity.ERROR, process_type="web", message="`web` boots slowly")


async def test_a_deadline_remembers_that_it_ended_something() -> None:
    clock = FakeClock()
    deadline = Deadline(clock, clock.monotonic() + 5)
    assert not deadline()
    assert not deadline.cut_short
    await clock.advance(6)
    assert not deadline.cut_short, "nobody asked since"
    assert deadline()
    assert deadline.cut_short


def test_a_rule_whose_trials_were_left_out_for_time_is_not_called_kept() -> None:
    verdicts = rule_verdicts(APP, (), Findings(two_cut_short=True, three_cut_short=True), "")
    assert {verdicts[rule].verdict for rule in (Rule.TWO, Rule.THREE)} == {Verdict.INCONCLUSIVE}
    assert "--budget" in verdicts[Rule.THREE].reason


def test_a_break_seen_before_time_ran_out_counts() -> None:
    verdicts = rule_verdicts(APP, (), Findings(two=(SLOW,), two_cut_short=True), "")
    assert verdicts[Rule.TWO].verdict is Verdict.BROKEN
    assert verdicts[Rule.THREE].verdict is Verdict.KEPT


class Street:
    """Lanes that count how many plays are under way."""

    def __init__(self, idle: float) -> None:
        self.now = self.most = 0
        self.lanes = Lanes([self._lane(), self._lane()], self._more, lambda: lambda: idle)

    def plays(self, count: int) -> list[Callable[[Lane], Awaitable[History]]]:
        return [self._play(number) for number in range(count)]

    def _lane(self) -> Lane:
        return cast("Lane", object())

    async def _more(self) -> list[Lane]:
        return [self._lane() for _ in range(3)]

    def _play(self, number: int) -> Callable[[Lane], Awaitable[History]]:
        async def play(_lane: Lane) -> History:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            return cast("History", number)

        return play


@pytest.mark.parametrize(("idle", "most"), [(0.9, 5), (0.3, 2)])
async def test_an_app_that_leaves_the_machine_idle_gets_more_lanes(idle: float, most: int) -> None:
    street = Street(idle)
    assert await street.lanes.widened_by(street.lanes.fill(street.plays(2))) == [0, 1]
    assert street.most == 2
    assert await street.lanes.fill(street.plays(12)) == list(range(12))
    assert street.most == most


async def test_a_play_that_fails_ends_the_others_before_it_is_told() -> None:
    street = Street(0.0)

    async def fails(_lane: Lane) -> History:
        raise LookupError

    with pytest.raises(LookupError):
        await street.lanes.fill([fails, *street.plays(1)])
    assert street.now == 0
