"""chaos."""

import asyncio
import os
import random
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from minipaas import __version__
from minipaas.chaos.cast import cast
from minipaas.chaos.experiment import Experiment, Progress, Wanted, folder_words
from minipaas.chaos.given import read_workload
from minipaas.chaos.journal import Journal
from minipaas.chaos.relations import families, fronts_of
from minipaas.chaos.replay import Replay, read_replay
from minipaas.chaos.site import site
from minipaas.cli import output
from minipaas.cli.chaos_live import LiveWords, harass
from minipaas.cli.group import example
from minipaas.cli.report import write_report
from minipaas.cli.target import choose_app, client, home
from minipaas.clock import SystemClock
from minipaas.control.settings import AppSpec
from minipaas.daemon.wishes import Plan, Wishes, folder_that_holds, plan_for_one
from minipaas.errors import UsageProblem
from minipaas.model.verdict import AppVerdict, Report, Rule, Severity, Verdict
from minipaas.parse.duration import parse_duration
from minipaas.report.writers import WRITERS
from minipaas.store.runs import Runs, journal_at

_INCONCLUSIVE = 3
_BROKEN = 1


@click.command(
    epilog=example(
        "minipaas chaos",
        "minipaas chaos examples/guestbook --rules one",
        "minipaas chaos . --format sarif --output chaos.sarif",
        "minipaas chaos . --format html --output chaos.html",
        "minipaas chaos . --scenario shopping.yml",
        "minipaas chaos . --har recorded.har",
        "minipaas chaos examples/two-services -a web",
        "minipaas chaos examples/clean --runtime docker --stack local",
        "minipaas chaos --live --rate 12/min --duration 5m --budget 0.1%",
        "minipaas chaos . --replay 12 --only 'POST /add'",
    )
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option(
    "-a",
    "--app",
    metavar="APP",
    help="one of several apps at PATH; without PATH one that runs, which is judged in a copy",
)
@click.option("--seed", type=int, help="repeat the run of that seed  [default: drawn, and told]")
@click.option("--rules", "rule_words", default="one,two,three", show_default=True, help="which rules")
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="how the app is used, in YAML; docs/scenario.example.yml shows all of it",
)
@click.option(
    "--har",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="how it was used: what a browser or `up --record` saved",
)
@click.option("--replay", "run", metavar="RUN|FILE", help="the plan and seed of an earlier run, nothing found anew")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="where the run is written down  [default: in the state folder, the last 20]",
)
@click.option("--only", metavar="FORM|PAGE", help="rule one: explain this loss alone, as `repeat:` says")
@click.option("--format", "format_", type=click.Choice(list(WRITERS)), default="text", show_default=True)
@click.option("--output", "path", type=click.Path(dir_okay=False, path_type=Path), help="a file instead of stdout")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "inconclusive"]),
    default="error",
    show_default=True,
    help="from what on the exit code is 1",
)
@click.option("--budget", help="time for one app, more or less  [default: 120s]; with --live what may fail: 1%")
@click.option("--live", is_flag=True, help="harass the running apps under their real traffic instead, for ...")
@click.option("--duration", default="60s", show_default=True, help="live: ... so long")
@click.option("--rate", default="6/min", show_default=True, help="live: how often a fault comes")
@click.option(
    "--faults",
    default="restart,relocate,crash,host",
    show_default=True,
    help="live: which kinds; a host fails and recovers; addon: so does the server of an add-on",
)
@click.option("--p95", metavar="TIME", help="live: exit 1 when 1 of 20 requests around faults takes longer")
@click.option(
    "--runtime", type=click.Choice(["auto", "sandbox", "docker", "swarm", "process"]), help="what dynos are made of"
)
@click.option(
    "--stack",
    metavar="NAME",
    envvar="MINIPAAS_STACK",
    show_envvar=True,
    help="containers: an image, or `local`, which `minipaas stack build` makes  [default: heroku/heroku:24]",
)
@click.option("-b", "--buildpack", "buildpacks", multiple=True, metavar="NAME|PATH|URL", help="in order")
@click.option("--no-color", is_flag=True, help="no colours on a terminal either")
def chaos(
    paths: tuple[Path, ...],
    app: str | None,
    seed: int | None,
    rule_words: str,
    scenario: Path | None,
    har: Path | None,
    run: str | None,
    journal: Path | None,
    only: str | None,
    format_: str,
    path: Path | None,
    fail_on: str,
    budget: str | None,
    live: bool,
    duration: str,
    rate: str,
    faults: str,
    p95: str | None,
    runtime: str | None,
    stack: str | None,
    buildpacks: tuple[str, ...],
    no_color: bool,
) -> int:
    """Judge apps by the three rules: which of them does each app break, and why?

    Each app is built, run in a lab of its own and used as users would: pages, forms, APIs are found by looking. Dynos
    are restarted and relocated meanwhile, and what users lose by that is traced to its cause. A running
    platform is never touched. Where looking does not find enough, a scenario or a recording says how the app is used.

    With --live nothing is judged: dynos of running apps are restarted, relocated and killed and hosts fail, at random
    as the seed says, and the report tells what users saw of it: errors by code, latency. Ctrl-C ends it.

    Exit codes: 0 all rules kept, 1 a rule is broken, 3 some verdict is inconclusive. With --live 1 when more requests
    failed than `--budget` allows (none by default), 3 when there were none.
    """
    if live:
        return _live(
            paths,
            LiveWords(
                app=app,
                seed=_seed(seed, None),
                rate=rate,
                duration=duration,
                faults=faults,
                budget=budget,
                p95=p95,
                format=format_,
                output=path,
                fail_on=fail_on,
            ),
        )
    rules = _rules(rule_words)
    budget_s = _budget(budget or "120s")
    folders = paths or ((_folder_of(app),) if app else ())
    wishes = Wishes(paths=folders, app=app, runtime=runtime, stack=stack, buildpacks=buildpacks)
    plan, judged = plan_for_one(home(), wishes)
    runs = Runs(plan.settings.home.chaos)
    replay = _replay(runs, run, scenario or har)
    used = _used_by_people(plan, judged)
    workload = replay or read_workload(scenario, har, len(used))
    wanted = Wanted(
        seed=_seed(seed, replay),
        budget_s=budget_s,
        rules=rules,
        budgets=plan.rules,
        only=only,
        workload=workload,
        workload_of="" if replay or not workload else used[0],
    )
    asked = Asked(plan, judged, tuple(path.resolve() for path in folders))
    written = journal_at(journal) if journal else runs.begin()
    try:
        report = asyncio.run(_judge(asked, wanted, replay, Journal(written.write, written.name)))
    finally:
        written.close()
    if written.broken:
        output.note(f"The run was not written down to its end: {written.broken.strerror}")
    write_report(report, format_, path, no_color=no_color)
    return exit_code(report, fail_on)


def _live(paths: tuple[Path, ...], words: LiveWords) -> int:
    if paths:
        raise UsageProblem("`--live` is about what runs, and takes no PATH", "`-a APP` names one of the running apps")
    return harass(words)


def _replay(runs: Runs, run: str | None, given: Path | None) -> Replay | None:
    if run is None:
        return None
    if given is not None:
        raise UsageProblem(f"cannot use `--replay` with {given}", "the plan of that run is frozen already")
    return read_replay(runs.find(run), run)


def _seed(seed: int | None, replay: Replay | None) -> int:
    if seed is not None:
        return seed
    return replay.seed if replay else random.SystemRandom().randrange(1, 10_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is judged: apps of a plan, and the folders they were asked for by."""

    plan: Plan
    judged: tuple[str, ...]
    folders: tuple[Path, ...]

    @property
    def words(self) -> str:
        """The command, as far as it names apps."""
        named = f" -a {self.judged[0]}" if len(self.judged) < len(self.plan.apps) else ""
        return " ".join(["minipaas chaos", *map(folder_words, self.folders)]) + named + self._place

    def words_for(self, spec: AppSpec) -> str:
        """The same for one app."""
        if spec.folder in self.folders:
            return f"minipaas chaos {folder_words(spec.folder)}{self._place}"
        return " ".join(["minipaas chaos", *map(folder_words, self.folders), "-a", spec.name]) + self._place

    @property
    def _place(self) -> str:
        """What dynos were made of, where that is not the usual."""
        settings = self.plan.settings
        runtime = f" --runtime {settings.runtime}" if settings.runtime != "auto" else ""
        return runtime + (f" --stack {shlex.quote(settings.stack)}" if settings.stack else "")


def _uses(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {spec.name: spec.uses for spec in plan.apps}


def _used_by_people(plan: Plan, judged: Sequence[str]) -> tuple[str, ...]:
    """What a scenario can tell of: the app that was named, else those that no other app uses."""
    return tuple(judged) if len(judged) < len(plan.apps) else fronts_of(_uses(plan))


async def _judge(asked: Asked, wanted: Wanted, replay: Replay | None, journal: Journal) -> Report:
    began, verdicts = time.monotonic(), dict[str, AppVerdict]()
    command = f"{asked.words}{wanted.workload.words if wanted.workload else ''} --seed {wanted.seed}"
    journal.began(by=__version__, seed=wanted.seed, command=command, began_at=f"{datetime.now(UTC):%FT%TZ}")
    with _status() as say:
        async with site(asked.plan.settings.home, asked.plan.settings.runtime, asked.plan.settings.stack) as place:
            for family in families(_uses(asked.plan)):
                specs = [spec for spec in asked.plan.apps if spec.name in family]
                if not set(family) & set(asked.judged):
                    continue
                async with cast(place, specs, wanted.seed, SystemClock(), say, _build_output) as apps:
                    for spec in specs:
                        if spec.name not in asked.judged:
                            continue
                        progress = Progress(say, _warn, journal.of(spec.name))
                        words = f"{asked.words_for(spec)} --replay {shlex.quote(journal.name)}"
                        mine = replace(_of_app(wanted, spec.name, replay), command=words)
                        verdicts[spec.name] = await Experiment(apps, spec.name, mine, SystemClock(), progress).run()
    report = Report(
        seed=wanted.seed,
        duration_s=round(time.monotonic() - began, 1),
        version=__version__,
        apps=tuple(verdicts[name] for name in asked.judged),
        command=command,
    )
    journal.judged(report)
    return report


def _warn(app: str, text: str) -> None:
    output.note(f"{app}: {text}")


def _of_app(wanted: Wanted, app: str, replay: Replay | None) -> Wanted:
    if replay is None:
        return wanted
    replay.plan(app)
    return replace(
        wanted,
        witness=replay.witness(app, wanted.only),
        witness_entry=replay.entry(app, wanted.only),
        slug=replay.slug(app),
    )


def exit_code(report: Report, fail_on: str) -> int:
    """0, 1 or 3, as the contract says."""
    verdicts = [each for app in report.apps for each in app.rules.values()]
    warned = any(finding.severity is Severity.WARNING for each in verdicts for finding in each.findings)
    if any(each.verdict is Verdict.BROKEN for each in verdicts) or (warned and fail_on == "warning"):
        return _BROKEN
    if any(each.verdict is Verdict.INCONCLUSIVE for each in verdicts):
        return _BROKEN if fail_on == "inconclusive" else _INCONCLUSIVE
    return 0


def _rules(words: str) -> frozenset[Rule]:
    known = {str(rule): rule for rule in Rule}
    chosen = [word.strip() for word in words.split(",") if word.strip()]
    for word in chosen:
        if word not in known:
            raise UsageProblem(f"there is no rule `{word}`", f"rules: {', '.join(known)}")
    return frozenset(known[word] for word in chosen) or frozenset(Rule)


def _budget(text: str) -> float:
    seconds = parse_duration(text)
    if seconds is None or seconds <= 0:
        raise UsageProblem(f"cannot read the budget `{text}`", "write `120s` or `5m`")
    return seconds


def _folder_of(app: str) -> Path:
    platform = client()
    name = choose_app(platform, app)
    return folder_that_holds(Path(platform.get(f"/apps/{name}")["source"]), name)


def _build_output(data: bytes) -> None:
    if not sys.stderr.isatty():
        return
    sys.stderr.buffer.write(data)
    sys.stderr.buffer.flush()


def _status() -> Any:
    """A line that tells what goes on: live on a terminal, one after another elsewhere."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return nullcontext(lambda app, text: output.note(f"{app}: {text}"))
    return _Live()


class _Live:
    def __enter__(self) -> Any:
        from rich.console import Console  # noqa: PLC0415  only where there is a terminal

        self._status = Console(stderr=True).status("")
        self._status.__enter__()
        return lambda app, text: self._status.update(f"{app}: {text}")

    def __exit__(self, *error: Any) -> None:
        self._status.__exit__(*error)
