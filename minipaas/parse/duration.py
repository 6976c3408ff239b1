"""Durations as people write them: `500ms`, `10s`, `2m`, `1h`, or a plain number of seconds."""

import re

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
#: What to tell someone who wrote another form.
FORMS = "write `500ms`, `10s`, `2m`, `1h` or a number of seconds"


def parse_duration(text: str) -> float | None:
    """Seconds; None when the text is no duration."""
    found = _DURATION.fullmatch(text)
    return float(found[1]) * _SECONDS[found[2]] if found else None
