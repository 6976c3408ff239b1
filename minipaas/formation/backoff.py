"""How long a crashed dyno cools off, and when a living one is cycled. Pure."""

from minipaas.limits import CRASH_BACKOFF_MIN, Limits


def cool_off_s(crashes: int) -> float:
    """Seconds to wait after the `crashes`-th crash in a row (1 is the first: it restarts at once)."""
    step = min(max(crashes, 1), len(CRASH_BACKOFF_MIN)) - 1
    return CRASH_BACKOFF_MIN[step] * 60.0


def cycle_after_s(limits: Limits, chance: float) -> float:
    """Seconds from a start to the daily restart: 24 h and 0 to 216 minutes more, by a `chance` of 0 to 1."""
    return limits.cycle_s + chance * limits.cycle_jitter_s
