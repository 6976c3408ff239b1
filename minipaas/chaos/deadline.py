"""How long a rule is examined."""

from minipaas.clock import Clock


class Deadline:
    """Called between two parts of an experiment; true ends it with what is known.

    `cut_short` says afterwards whether it did end something, so that nobody takes what was left out for good news.
    """

    def __init__(self, clock: Clock, at_s: float) -> None:
        self._clock = clock
        self._at_s = at_s
        self.cut_short = False

    def __call__(self) -> bool:
        late = self._clock.monotonic() > self._at_s
        self.cut_short |= late
        return late
