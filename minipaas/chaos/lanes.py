"""Lanes: places where plays run side by side, each with backing services of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from minipaas.chaos.cpu import Idleness
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import History
from minipaas.chaos.trial import Trial
from minipaas.model.verdict import TimelineEvent

#: So much of the machine must be idle while plays run for more of them to run side by side.
_IDLE = 0.6

Reset = Callable[[], Awaitable[None]]
Tell = Callable[[TimelineEvent], None]


@dataclass(frozen=True, slots=True)
class Lane:
    """Makes the dynos of a trial, and brings backing services back to their first state; None when there are none."""

    fleet: Callable[[Trial, Tell], Fleet]
    reset: Reset | None


class Lanes:
    """As many as the machine bears.

    Args:
        lanes: those that any machine bears.
        more: makes further ones, for an app that waits more than it works.
        idleness: begins to measure; what it returns tells how idle the machine was since, 0 to 1.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        more: Callable[[], Awaitable[Sequence[Lane]]],
        idleness: Callable[[], Callable[[], float]] = lambda: Idleness().share,
    ) -> None:
        self._lanes = list(lanes)
        self._more = more
        self._idleness = idleness

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def first(self) -> Lane:
        """For a play by itself."""
        return self._lanes[0]

    async def fill(self, plays: Sequence[Callable[[Lane], Awaitable[History]]]) -> list[History]:
        """Run plays, as many at a time as there are lanes; what they showed, in their order."""
        histories: list[History] = []
        for at in range(0, len(plays), len(self)):
            together = zip(plays[at : at + len(self)], self._lanes, strict=False)
            # A lane may not be used again before its play has ended, also when another one failed.
            for played in await asyncio.gather(*(play(lane) for play, lane in together), return_exceptions=True):
                if isinstance(played, BaseException):
                    raise played
                histories.append(played)
        return histories

    async def widened_by(self, plays: Awaitable[list[History]]) -> list[History]:
        """Run plays, and have more lanes from then on if they left the machine idle."""
        idle_share = self._idleness()
        histories = await plays
        if idle_share() > _IDLE:
            self._lanes += await self._more()
        return histories
