"""What a run of chaos tells its journal while it goes on. docs/chaos.md says what each line holds."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from minipaas.chaos.history import History
from minipaas.chaos.plan import Plan
from minipaas.chaos.record import Witness, written, written_play
from minipaas.chaos.trial import CALM, Trial
from minipaas.model.verdict import Report, TimelineEvent
from minipaas.store.runs import VERSION


class Write(Protocol):
    """Appends a record; one that is `large` may be left out."""

    def __call__(self, record: Mapping[str, Any], *, large: bool = False) -> None:
        """Append."""


class Journal:
    """The whole run. `name` is what `--replay` calls it; empty when nothing is written down."""

    def __init__(self, write: Write, name: str = "") -> None:
        self.name = name
        self._write = write

    def began(self, *, by: str, seed: int, command: str, began_at: str) -> None:
        """Always the first line. `by` is the version of minipaas, `began_at` in UTC."""
        record = {"version": VERSION, "minipaas": by, "seed": seed, "command": command, "began_at": began_at}
        self._write({"kind": "run", **record})

    def of(self, app: str) -> "AppJournal":
        """The part that tells of one app."""
        return AppJournal(app, self._write)

    def judged(self, report: Report) -> None:
        """The last line."""
        self._write({"kind": "report", "report": written(report)})


class AppJournal:
    """One app's lines. `entry`: the app by whose pages users come in; its own plan is played then."""

    def __init__(self, app: str, write: Write, entry: str = "") -> None:
        self._app = app
        self._entry = entry or app
        self._write_line = write

    def of(self, app: str) -> "AppJournal":
        """Another app's part."""
        return AppJournal(app, self._write_line)

    def through(self, entry: str) -> "AppJournal":
        """The same app's part, where users come in by another one."""
        return AppJournal(self._app, self._write_line, entry)

    def built(self, slug: str) -> None:
        """`slug` is its name in the store, which is that of its content."""
        self._write("app", {"slug": slug})

    def planned(self, plan: Plan, began_with: History) -> None:
        """The plan is frozen; `began_with` is the play it was found in."""
        self._write("plan", {"plan": written(plan)})
        self._write("discovery", written_play(CALM, None, began_with), large=True)

    def played(self, trial: Trial, steps: Sequence[int] | None, history: History) -> None:
        """A play of rule one; `steps` None means all that are quick."""
        self._write("play", {"entry": self._entry, **written_play(trial, steps, history)}, large=True)

    def happened(self, event: TimelineEvent) -> None:
        """A boot, a stop, a fault of rules two and three."""
        text = {"trial": event.trial, "at_s": event.at_s, "lane": event.lane, "what": event.kind, "text": event.text}
        self._write("event", {**text, "ok": event.ok}, large=True)

    def broke(self, witness: Witness) -> None:
        """A break was confirmed, and this is the least that shows it."""
        self._write("break", {"entry": self._entry, "witness": written(witness)})

    def _write(self, kind: str, record: Mapping[str, Any], *, large: bool = False) -> None:
        self._write_line({"kind": kind, "app": self._app, **record}, large=large)


def unwritten() -> Journal:
    """Of a run that nobody wants to repeat."""

    def nowhere(record: Mapping[str, Any], *, large: bool = False) -> None:
        del record, large

    return Journal(nowhere)
