"""One timer for all time limits: who is past its time is told so, at most a moment late.

A timer for each request would be set and cancelled thousands of times a second to fire once a week. Instead
whoever has a time limit keeps `expire_at`, changes it freely, and is looked at by a common sweep. No limit is
shorter than `2 * step_s`, so a limit set just after a sweep is seen by the next one before it passes, and that
one arranges to be called at the exact moment.
"""

from typing import Protocol

from minipaas.clock import Clock, Timer

NEVER = float("inf")


class Expiring(Protocol):
    """Has a moment after which something must happen."""

    #: Monotonic seconds; NEVER for no limit now.
    expire_at: float

    def expire(self, now: float) -> None:
        """The moment has passed; must move `expire_at` on, or leave the sweep."""


class Sweep:
    """Calls `expire` on its members when their time comes; idle when it has none."""

    def __init__(self, clock: Clock, step_s: float) -> None:
        self._clock = clock
        self._step_s = step_s
        self._members: set[Expiring] = set()
        self._timer: Timer | None = None

    def join(self, member: Expiring) -> None:
        """Look after a member from now on."""
        self._members.add(member)
        if self._timer is None:
            self._timer = self._clock.call_later(self._step_s, self._run)

    def leave(self, member: Expiring) -> None:
        """Look after it no more; harmless for a stranger."""
        self._members.discard(member)

    def stop(self) -> None:
        """Forget all members and the timer."""
        self._members.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        soonest = now + self._step_s
        for member in list(self._members):
            if member.expire_at <= now:
                member.expire(now)
            soonest = min(soonest, max(member.expire_at, now))
        if self._members and self._timer is None:
            self._timer = self._clock.call_later(max(soonest - now, 0.001), self._run)
