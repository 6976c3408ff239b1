"""A trial: what is done to the dynos while the plan is played. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The rows of the attribution grid (what a dyno's memory and disk go through)."""

    #: One dyno, left alone.
    CALM = "calm"
    #: Restarted, the disk kept: memory is lost.
    KEEP = "restart, disk kept"
    #: Relocated to a fresh disk: memory and files are lost.
    LOSE = "relocation"
    #: Two dynos, each with its own disk, requests in turn: memory and files are split.
    MULTI = "two dynos"


class Phase(StrEnum):
    """Where in a user's doings a dyno is taken away."""

    #: A write was acknowledged; before anything is read.
    AFTER_WRITE = "after the write"
    #: The form was loaded; before it is sent.
    BEFORE_SEND = "between form and submit"
    #: A page was looked at; before the next is.
    AFTER_VISIT = "between two visits"
    #: A redirect was answered; before it is followed.
    HOP = "between redirect hops"


@dataclass(frozen=True, slots=True)
class Trial:
    """`pinned` gives every process the same random numbers at boot.

    `draw` makes it a soak: whether a phase is one for a fault, and which of two dynos answers, is drawn from that
    seed, a fault with the probability `chance`.
    """

    kind: Kind
    phases: frozenset[Phase] = frozenset({Phase.AFTER_WRITE})
    pinned: bool = False
    draw: str = ""
    chance: float = 1.0

    @property
    def name(self) -> str:
        """For people."""
        if self.draw:
            return f"soak: {self.kind} at random"
        return f"{self.kind}{', boot secrets pinned' if self.pinned else ''}"

    @property
    def several(self) -> bool:
        """Whether two dynos answer in turn."""
        return self.kind is Kind.MULTI

    @property
    def keeps_disk(self) -> bool:
        """Whether all dynos of the trial stand on one disk."""
        return self.kind is Kind.KEEP


#: Faults of one soak, about.
_FAULTS = 5

CALM = Trial(Kind.CALM, frozenset())


def soak(seed: int, number: int, steps: int) -> Trial:
    """The soak of that number in the run of that seed: relocations at random steps, then two dynos in no order.

    Args:
        steps: of the plan; a handful of faults is spread over them.
    """
    draw = f"{seed}.{number}"
    if number % 2:
        return Trial(Kind.MULTI, frozenset(), draw=draw)
    return Trial(Kind.LOSE, frozenset(Phase), draw=draw, chance=min(1.0, _FAULTS / max(steps, 1)))
