"""A run that is done again: its plan as it was frozen, and the least that showed each break."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minipaas.chaos.discover import Discovery
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.plan import Plan
from minipaas.chaos.play import play
from minipaas.chaos.record import Unreadable, Witness, read_plan, read_report, read_witness
from minipaas.errors import FileProblem, UsageProblem
from minipaas.model.verdict import Report
from minipaas.store.runs import records


@dataclass(slots=True)
class Replay:
    """What a journal says; a `Workload` that finds nothing out.

    Args:
        run: what the user called it.
    """

    run: str
    seed: int = 0
    words: str = ""
    report: Report | None = None
    _slugs: dict[str, str] = field(default_factory=dict)
    _plans: dict[str, Plan] = field(default_factory=dict)
    _witnesses: dict[tuple[str, str], Witness] = field(default_factory=dict)
    _entries: dict[tuple[str, str], str] = field(default_factory=dict)

    async def discover(self, fleet: Fleet, app: str, *, timeout_s: float) -> Discovery:
        """Play the frozen plan once on the calm dyno, the slow steps too.

        Raises:
            UsageProblem: the run froze no plan for this app.
        """
        plan = self.plan(app)
        history = await play(plan, fleet, range(len(plan.steps)), timeout_s=timeout_s)
        answered = [0 < each.status < 500 for each in history.exchanges]
        return Discovery(
            plan=plan,
            history=history,
            healthy=bool(answered) and sum(answered) >= 0.8 * len(answered),
            unmet=tuple(f"step {at}: {each.expected} expected, {each.seen}" for at, each in history.unmet.items()),
        )

    def plan(self, app: str) -> Plan:
        """What was frozen for an app.

        Raises:
            UsageProblem: nothing was.
        """
        if app not in self._plans:
            there = ", ".join(self._plans) or "none"
            raise UsageProblem(
                f"run {self.run} has no plan for {app}", f"apps it has one for: {there}; leave `--replay` out"
            )
        return self._plans[app]

    def witness(self, app: str, subject: str | None) -> Witness | None:
        """The least that showed the break of that form or page; None when the run confirmed no such break."""
        return self._witnesses.get((app, subject)) if subject else None

    def entry(self, app: str, subject: str | None) -> str:
        """The app by whose pages users came in when that break showed itself."""
        return self._entries.get((app, subject), app) if subject else app

    def slug(self, app: str) -> str:
        """The name of the slug that was judged; empty when the run did not come so far."""
        return self._slugs.get(app, "")

    def take(self, record: Mapping[str, Any]) -> None:
        """One line of the journal."""
        app = str(record.get("app", ""))
        match record["kind"]:
            case "run":
                self.seed = int(record["seed"])
            case "app":
                self._slugs[app] = str(record["slug"])
            case "plan":
                self._plans[app] = read_plan(record["plan"])
            case "break":
                entry = str(record.get("entry", app))
                witness = read_witness(record["witness"], self._plans[entry])
                self._witnesses[app, witness.subject] = witness
                self._entries[app, witness.subject] = entry
            case "report":
                self.report = read_report(record["report"])
            case _:
                pass


def read_replay(path: Path, run: str) -> Replay:
    """What a journal says of its run.

    Raises:
        FileProblem: it cannot be read, or is no journal.
    """
    replay = Replay(run)
    for number, record in enumerate(records(path), 1):
        try:
            replay.take(record)
        except Unreadable as error:
            raise FileProblem(path, number, f"cannot be read as `{record['kind']}`", "judge the app again") from error
    return replay
