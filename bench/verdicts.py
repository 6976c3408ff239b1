"""Judges the labelled corpus with the installed command, and says how often it is right.

    python -m bench.verdicts [--apps GLOB] [--rules one] [--seed 7] [--heldout] [--out FILE]

Each app is judged once by `minipaas chaos APP --format json`. Baselines look at the same runs' journals or at the
source: files written while handling requests, differing status codes, a raw difference of pages, and the patterns a
static scanner uses. Precision counts only apps whose verdict is broken; an inconclusive one is a miss.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
RULES = ("one", "two", "three")
#: Local state as static scanners look for it (after VMware's cloud-suitability-analyzer, python and js rules).
STATIC = re.compile(
    r"\bopen\(|os\.mkdir|os\.makedirs|sqlite3|SqliteDatabase|appendFile|writeFile|createWriteStream|cache\[|cache\.(?:get|set)\("
)
#: A label that is not scored: both verdicts can be defended.
EITHER = "either"
#: An app may take this long before it is given up.
PATIENCE_S = 400


@dataclass(frozen=True)
class Case:
    """A labelled app, and what came of it."""

    label: dict[str, Any]
    folder: Path
    verdicts: dict[str, str]
    causes: tuple[str, ...]
    codes: dict[str, list[str]]
    warnings: tuple[str, ...]
    seconds: float
    static: bool
    files: bool


def main() -> None:
    """Judge, print a table, exit 1 when a verdict is wrong."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--apps", default="*", help="which, as a glob over their names")
    words.add_argument("--rules", default="one,two,three")
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--heldout", action="store_true", help="the apps that were held back")
    words.add_argument("--out", type=Path, help="write every case as JSON here")
    given = words.parse_args()
    cases = []
    for folder in folders(given.apps, heldout=given.heldout):
        case = judge(folder, given.rules, given.seed)
        cases.append(case)
        print(told(case, given.rules.split(",")), flush=True)
    if given.out:
        given.out.write_text(json.dumps([vars(case) | {"folder": str(case.folder)} for case in cases], indent=1))
    print("\n" + table(cases, given.rules.split(",")))


def folders(pattern: str, *, heldout: bool) -> Iterator[Path]:
    """Every labelled app, by name."""
    root = CORPUS / ("heldout" if heldout else "apps")
    yield from sorted(path.parent for path in root.glob(f"{pattern}/label.yml"))


def judge(folder: Path, rules: str, seed: int) -> Case:
    """One app through the command."""
    label = yaml.safe_load((folder / "label.yml").read_text())
    command = [sys.executable, "-m", "minipaas", "chaos", str(folder), "--rules", rules, "--seed", str(seed)]
    began = time.monotonic()
    try:
        done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, timeout=PATIENCE_S)
        report = json.loads(done.stdout)
        app = report["apps"][0]
    except (ValueError, subprocess.TimeoutExpired):
        app = {"rules": {}}
    found = {rule: app["rules"][rule]["findings"] for rule in app["rules"]}
    source = "\n".join(
        path.read_text(errors="replace") for path in folder.rglob("*") if path.suffix in (".py", ".js")
    )
    return Case(
        label=label,
        folder=folder,
        verdicts={rule: app["rules"].get(rule, {}).get("verdict", "none") for rule in RULES},
        causes=tuple(each["cause"] for each in found.get("one", ()) if each["cause"]),
        codes={rule: [each["code"] for each in each_rule] for rule, each_rule in found.items()},
        warnings=tuple(
            each["code"] for each_rule in found.values() for each in each_rule if each["severity"] == "warning"
        ),
        seconds=time.monotonic() - began,
        static=bool(STATIC.search(source)),
        files=any(each["code"] in ("MP101", "MP104", "MP110") for each in found.get("one", ())),
    )


def told(case: Case, rules: list[str]) -> str:
    """One line a case; `!` marks what is wrong."""
    words = []
    for rule in rules:
        wanted, got = case.label["rules"][rule], case.verdicts[rule]
        words.append(f"{rule} {got}{'' if wanted in (got, EITHER) else f' ! (label: {wanted})'}")
    cause = case.label.get("cause")
    if "one" in rules and cause and case.causes and cause not in case.causes:
        words.append(f"cause {'/'.join(case.causes)} ! (label: {cause})")
    return f"{case.label['app']:<20} {case.seconds:5.1f} s  {'; '.join(words)}  {' '.join(case.warnings)}"


def table(cases: list[Case], rules: list[str]) -> str:
    """Precision, recall, inconclusive rate, cause accuracy, seconds; and the baselines."""
    lines = ["| what | precision | recall | inconclusive | apps |", "|---|---|---|---|---|"]
    for rule in rules:
        scored = [case for case in cases if case.label["rules"][rule] != EITHER]
        verdicts = [(case.label["rules"][rule], case.verdicts[rule]) for case in scored]
        lines.append(row(f"rule {rule}", [(w == "broken", g == "broken", g == "inconclusive") for w, g in verdicts]))
    expected = [set(case.label.get("warnings") or ()) <= set(case.warnings) for case in cases]
    truth = [case.label["rules"]["one"] == "broken" for case in cases]
    for name, flagged in (
        ("baseline: files written", [case.files for case in cases]),
        ("baseline: static patterns", [case.static for case in cases]),
    ):
        lines.append(row(name, [(t, f, False) for t, f in zip(truth, flagged, strict=True)]))
    right = [case.label["cause"] in case.causes for case in cases if case.label.get("cause") and case.causes]
    seconds = sorted(case.seconds for case in cases) or [0.0]
    lines += [
        "",
        f"warnings expected and given: {sum(expected)} of {len(expected)}",
        f"cause right: {sum(right)} of {len(right)}",
        f"seconds per app: median {seconds[len(seconds) // 2]:.1f}, most {seconds[-1]:.1f}",
    ]
    return "\n".join(lines)


def row(name: str, cases: list[tuple[bool, bool, bool]]) -> str:
    """One row: (is broken, was called broken, was inconclusive) for each app."""
    hits = sum(truth and called for truth, called, _ in cases)
    called = sum(each for _, each, _ in cases)
    broken = sum(truth for truth, _, _ in cases)
    unknown = sum(each for _, _, each in cases)
    precision = f"{hits / called:.2f} ({hits}/{called})" if called else "-"
    recall = f"{hits / broken:.2f} ({hits}/{broken})" if broken else "-"
    return f"| {name} | {precision} | {recall} | {unknown} | {len(cases)} |"


if __name__ == "__main__":
    main()
