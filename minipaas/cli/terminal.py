"""Whether colours are wanted."""

from collections.abc import Mapping


def wants_colour(is_terminal: bool, env: Mapping[str, str], *, no_color: bool = False) -> bool:
    """What the flag, the environment and the stream say together, in this order.

    `--no-color` and a non-empty `NO_COLOR` (no-color.org) switch off; a non-empty `FORCE_COLOR` other than 0
    (force-color.org) switches on, for CI; otherwise a terminal gets colours unless `TERM` is `dumb`.
    """
    if no_color or env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_terminal and env.get("TERM") != "dumb"
