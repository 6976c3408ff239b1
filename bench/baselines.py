"""What simpler judges of rule one would say, from the journal of the same run or from the app's source."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minipaas.store.runs import records

#: Local state as static scanners look for it (after VMware's cloud-suitability-analyzer, python and js rules).
STATIC = re.compile(
    r"\bopen\(|os\.mkdir|os\.makedirs|sqlite3|SqliteDatabase|appendFile|writeFile|createWriteStream|cache\[|cache\.(?:get|set)\("
)
Place = tuple[int, int]


@dataclass(frozen=True)
class Baselines:
    """Whether each would call the app broken.

    `files`: a request wrote what users typed to the dyno's disk. `status`: under fault a request was answered with a
    status that no calm play had there. `difference`: under fault a body was not byte for byte that of the calm play.
    `static`: the source matches a pattern.
    """

    files: bool
    status: bool
    difference: bool
    static: bool


def baselines(folder: Path, journal: Path) -> Baselines:
    """Of one judged app."""
    plays = [each for each in records(journal) if each["kind"] == "play" and each["steps"] is None]
    calms = [play for play in plays if play["trial"]["kind"] == "calm"]
    faulted = [play for play in plays if play["trial"]["kind"] != "calm"]
    return Baselines(
        files=any(file["holds"] for play in calms for file in play["files"]),
        status=_differs("status", calms, faulted),
        difference=_differs("sha256", calms[:1], faulted),
        static=any(STATIC.search(path.read_text(errors="replace")) for path in _source(folder)),
    )


def _differs(key: str, calms: Iterable[Mapping[str, Any]], faulted: Iterable[Mapping[str, Any]]) -> bool:
    known: dict[Place, set[Any]] = {}
    for play in calms:
        for each in play["exchanges"]:
            known.setdefault((each["step"], each["at"]), set()).add(each[key])
    return any(
        each[key] not in known.get((each["step"], each["at"]), {each[key]})
        for play in faulted
        for each in play["exchanges"]
    )


def _source(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.suffix in (".py", ".js"))
