"""The `Range` header of the Platform API, by which its clients page and sort lists. Pure.

`version ..; max=10, order=desc` asks for the ten newest; `version ]7..; max=10` for those after 7.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_RANGE = re.compile(r"\s*(\w+)\s+(\]?)([^.;\s]*)\.\.([^;\s]*)\s*(?:;(.*))?")
#: Heroku's own default is 200; nobody here has lists so long that pages would help.
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """What to answer; `headers` tell where the next page begins."""

    items: list[Any]
    status: int
    headers: dict[str, str]


def page(items: Sequence[dict[str, Any]], header: str | None, default: str = "id") -> Page:
    """The part of a list that was asked for; all of it, as it is, when the header says nothing one can read."""
    found = _RANGE.fullmatch(header or "")
    if found is None or (items and found[1] not in items[0]):
        return Page(list(items), 200, {})
    field, after, first, last = found[1] or default, found[2], found[3], found[4]
    options = dict(re.findall(r"(\w+)\s*=\s*(\w+)", found[5] or ""))
    down = options.get("order") == "desc"
    most = int(options["max"]) if options.get("max", "").isdigit() else PAGE
    ordered = sorted(items, key=lambda item: _key(item[field]), reverse=down)
    if first:
        ordered = [each for each in ordered if _reached(each[field], first, down=down, beyond=bool(after))]
    if last:
        ordered = [each for each in ordered if _reached(last, str(each[field]), down=down, beyond=False)]
    shown = ordered[:most]
    headers = {"Accept-Ranges": field}
    if not shown:
        return Page([], 200, headers)
    headers["Content-Range"] = f"{field} {shown[0][field]}..{shown[-1][field]}; max={most}{', order=desc' * down}"
    if len(shown) == len(ordered):
        return Page(shown, 200, headers)
    headers["Next-Range"] = f"{field} ]{shown[-1][field]}..; max={most}{', order=desc' * down}"
    return Page(shown, 206, headers)


def _key(value: Any) -> tuple[int, str]:
    """Numbers as numbers, all else as text."""
    text = str(value)
    return (int(text), "") if text.isdigit() else (0, text)


def _reached(value: Any, bound: Any, *, down: bool, beyond: bool) -> bool:
    here, there = _key(value), _key(bound)
    if here == there:
        return not beyond
    return (here < there) if down else (here > there)
