"""Judges the labelled corpus with the installed command, and says how often it is right.

    python -m bench.verdicts [--apps GLOB,...] [--rules one] [--seed 7] [--seeds N] [--split heldout]
                             [--out FILE] [--runtime docker]

Each app is judged by `minipaas chaos APP --format json`, once, or over N seeds. With `--out`, cases are appended to a
file of JSON lines, and those that stand there from the same commit are not judged again. Baselines look at the same
runs' journals or at the source (see baselines.py). Precision counts only apps whose verdict is broken; an
inconclusive one is a miss.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from bench.baselines import Baselines, baselines

CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
RULES = ("one", "two", "three")
#: A label that is not scored: both verdicts can be defended.
EITHER = "either"
#: An app may take this long before it is given up.
PATIENCE_S = 400


@dataclass(frozen=True, kw_only=True)
class Case:
    """A labelled app judged from one seed, and what came of it; `baselines` only where rule one was."""

    app: str
    seed: int
    commit: str
    label: dict[str, Any]
    verdicts: dict[str, str]
    causes: list[str]
    codes: dict[str, list[str]]
    warnings: list[str]
    seconds: float
    baselines: Baselines | None


def main() -> None:
    """Judge and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--apps", default="*", help="which, as globs over their names")
    words.add_argument("--rules", default="one,two,three")
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--seeds", type=int, default=1, metavar="N", help="so many seeds from --seed on")
    words.add_argument("--split", choices=("apps", "heldout", "unseen"), default="apps", help="part of the corpus")
    words.add_argument("--heldout", action="store_const", dest="split", const="heldout", help="--split heldout")
    words.add_argument("--out", type=Path, help="append every case to this file, and go on from what is there")
    words.add_argument("--runtime", default="auto", help="what dynos are made of; MINIPAAS_STACK names the stack")
    given = words.parse_args()
    rules = given.rules.split(",")
    commit = _commit() + (f" on {given.runtime}" if given.runtime != "auto" else "")
    done = {(case.app, case.seed): case for case in _known(given.out) if case.commit == commit}
    cases = []
    for folder in folders(given.apps.split(","), given.split):
        for seed in range(given.seed, given.seed + given.seeds):
            case = done.get((folder.name, seed))
            if case is None or not set(rules) <= set(case.verdicts):
                case = judge(folder, given.rules, seed, commit, given.runtime)
                _append(given.out, case)
                print(told(case, rules), flush=True)
            cases.append(case)
    print("\n" + table(cases, rules))
    if given.seeds > 1:
        print("\n" + agreement(cases, rules))


def folders(patterns: Sequence[str], split: str) -> Iterator[Path]:
    """Every labelled app, by name."""
    for path in sorted(path.parent for path in (CORPUS / split).glob("*/label.yml")):
        if any(fnmatch(path.name, pattern) for pattern in patterns):
            yield path


def judge(folder: Path, rules: str, seed: int, commit: str, runtime: str = "auto") -> Case:
    """One app through the command."""
    command = [sys.executable, "-m", "minipaas", "chaos", str(folder), "--rules", rules, "--seed", str(seed)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        journal = Path(scratch) / "journal"
        try:
            done = subprocess.run(
                [*command, "--runtime", runtime, "--format", "json", "--journal", str(journal)],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
            app = json.loads(done.stdout)["apps"][0]
        except (ValueError, subprocess.TimeoutExpired):
            app = {"rules": {rule: {"verdict": "none", "findings": []} for rule in rules.split(",")}}
        seconds = time.monotonic() - began
        simpler = baselines(folder, journal) if "one" in app["rules"] and journal.exists() else None
    found = {rule: each["findings"] for rule, each in app["rules"].items()}
    return Case(
        app=folder.name,
        seed=seed,
        commit=commit,
        label=yaml.safe_load((folder / "label.yml").read_text()),
        verdicts={rule: each["verdict"] for rule, each in app["rules"].items()},
        causes=[each["cause"] for each in found.get("one", ()) if each["cause"]],
        codes={rule: [each["code"] for each in findings] for rule, findings in found.items()},
        warnings=[each["code"] for findings in found.values() for each in findings if each["severity"] == "warning"],
        seconds=round(seconds, 1),
        baselines=simpler,
    )


def told(case: Case, rules: Sequence[str]) -> str:
    """One line a case; `!` marks what is wrong."""
    words = []
    for rule in rules:
        wanted, got = case.label["rules"][rule], case.verdicts[rule]
        words.append(f"{rule} {got}{'' if wanted in (got, EITHER) else f' ! (label: {wanted})'}")
    cause = case.label.get("cause")
    if "one" in rules and cause and case.causes and cause not in case.causes:
        words.append(f"cause {'/'.join(case.causes)} ! (label: {cause})")
    return f"{case.app:<20} {case.seconds:5.1f} s  {'; '.join(words)}  {' '.join(case.warnings)}"


def table(cases: Sequence[Case], rules: Sequence[str]) -> str:
    """Precision, recall, inconclusive rate, cause accuracy, seconds; and the baselines."""
    lines = ["| what | precision | recall | inconclusive | apps |", "|---|---|---|---|---|"]
    for rule in rules:
        scored = [case for case in cases if case.label["rules"][rule] != EITHER]
        verdicts = [(case.label["rules"][rule], case.verdicts[rule]) for case in scored]
        lines.append(row(f"rule {rule}", [(w == "broken", g == "broken", g == "inconclusive") for w, g in verdicts]))
    if "one" in rules:
        lines += _simpler([case for case in cases if case.label["rules"]["one"] != EITHER])
    expected = [set(case.label.get("warnings") or ()) <= set(case.warnings) for case in cases]
    right = [case.label["cause"] in case.causes for case in cases if case.label.get("cause") and case.causes]
    seconds = sorted(case.seconds for case in cases) or [0.0]
    lines += [
        "",
        f"warnings expected and given: {sum(expected)} of {len(expected)}",
        f"cause right: {sum(right)} of {len(right)}",
        f"seconds per app: median {seconds[len(seconds) // 2]:.1f}, most {seconds[-1]:.1f}",
    ]
    return "\n".join(lines)


def _simpler(cases: Sequence[Case]) -> Iterator[str]:
    judged = [(case.label["rules"]["one"] == "broken", case.baselines) for case in cases if case.baselines]
    for name, what in (
        ("files", "files written"),
        ("status", "status codes"),
        ("difference", "raw difference"),
        ("static", "static patterns"),
    ):
        yield row(f"baseline: {what}", [(truth, getattr(each, name), False) for truth, each in judged])


def agreement(cases: Sequence[Case], rules: Sequence[str]) -> str:
    """Of each app, how many seeds gave the verdict and the cause that most gave."""
    lines = ["| app | seeds | " + " | ".join(f"rule {rule}" for rule in rules) + " |"]
    lines.append("|---" * (2 + len(rules)) + "|")
    by_app: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_app[case.app].append(case)
    for app, same in by_app.items():
        lines.append(f"| {app} | {len(same)} | " + " | ".join(_said(same, rule) for rule in rules) + " |")
    return "\n".join(lines)


def _said(cases: Sequence[Case], rule: str) -> str:
    said = [
        f"{case.verdicts[rule]}{f' ({case.causes[0]})' if rule == 'one' and case.causes else ''}" for case in cases
    ]
    counts = sorted(((said.count(each), each) for each in set(said)), reverse=True)
    return ", ".join(f"{count} {each}" for count, each in counts)


def row(name: str, cases: Sequence[tuple[bool, bool, bool]]) -> str:
    """One row: (is broken, was called broken, was inconclusive) for each app."""
    hits = sum(truth and called for truth, called, _ in cases)
    called = sum(each for _, each, _ in cases)
    broken = sum(truth for truth, _, _ in cases)
    unknown = sum(each for _, _, each in cases)
    precision = f"{hits / called:.2f} ({hits}/{called})" if called else "-"
    recall = f"{hits / broken:.2f} ({hits}/{broken})" if broken else "-"
    return f"| {name} | {precision} | {recall} | {unknown} | {len(cases)} |"


def _commit() -> str:
    """Of the code that judges; work that is not committed has a name of its own."""
    words = ["git", "-C", str(CORPUS), "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def _known(path: Path | None) -> Iterator[Case]:
    if path is None or not path.exists():
        return
    for line in path.read_text().splitlines():
        values = json.loads(line)
        simpler = values.pop("baselines")
        yield Case(**values, baselines=Baselines(**simpler) if simpler else None)


def _append(path: Path | None, case: Case) -> None:
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps(asdict(case)) + "\n")


if __name__ == "__main__":
    main()
