"""How an app is used, where somebody says so: a file in place of discovery, ending in the same frozen plan."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from minipaas.chaos.discover import Discovery
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import History
from minipaas.chaos.hosts import host_of
from minipaas.chaos.notebook import SLOW_S, Notebook
from minipaas.chaos.plan import Plan, Step, writes
from minipaas.chaos.play import Player
from minipaas.chaos.recording import NothingHere, read_recording
from minipaas.chaos.retrace import Retracer
from minipaas.chaos.scenario_plan import scenario_steps, unique_values
from minipaas.errors import FileProblem
from minipaas.model.har import Har
from minipaas.model.scenario import Scenario


class Workload(Protocol):
    """What makes a plan of an app.

    `words` are the options that name it, for the command that repeats a run; they begin with a space.
    """

    words: str

    async def discover(self, fleet: Fleet, app: str, *, timeout_s: float) -> Discovery:
        """Use the app that the fleet's one calm dyno runs, and remember how.

        Raises:
            FileProblem: the file has nothing for this app.
        """


class ScenarioWorkload:
    """The steps of a scenario file.

    Args:
        path: of the file, for messages.
        contents: of the files that uploads name.
    """

    def __init__(self, scenario: Scenario, path: str, contents: dict[str, bytes], *, words: str = "") -> None:
        self.words = words
        self._scenario = scenario
        self._path = path
        self._contents = contents

    async def discover(self, fleet: Fleet, app: str, *, timeout_s: float) -> Discovery:
        """Play all steps once."""
        history = History("scenario")
        host = self._scenario.host or await host_of(fleet, app, timeout_s)
        book = Notebook(Player(host, fleet, history, timeout_s=timeout_s), 0)
        values = unique_values(self._scenario, next(book.serials))
        told = scenario_steps(self._scenario, values, self._contents)
        try:
            for step, _ in told:
                await book.do(step)
        finally:
            await book.player.close()
        lines = [line for _, line in told]
        return Discovery(
            plan=_plan(host, [step for step, _ in told], history),
            history=history,
            healthy=any(each.status for each in history.exchanges),
            unmet=tuple(dict.fromkeys(self._unmet(history, lines))),
        )

    def _unmet(self, history: History, lines: list[int]) -> Iterable[str]:
        """What the file says and the app does otherwise, each with its line."""
        for index, line in enumerate(lines):
            where = f"{self._path}:{line}"
            if index in history.missing:
                yield f"{where}: {history.missing[index]}"
            elif index in history.unmet:
                unmet = history.unmet[index]
                yield f"{where}: {unmet.expected} expected, {unmet.seen}"
            elif silent := [each for each in history.exchanges if each.step == index and each.status == 0]:
                yield f"{where}: no answer ({silent[0].error})"


class HarWorkload:
    """What a HAR file recorded.

    Args:
        path: of the file, for messages.
    """

    def __init__(self, har: Har, path: str, *, words: str = "") -> None:
        self.words = words
        self._har = har
        self._path = path

    async def discover(self, fleet: Fleet, app: str, *, timeout_s: float) -> Discovery:
        """Do all of it once, as the app answers now."""
        try:
            recording = read_recording(self._har, app)
        except NothingHere as nothing:
            hint = "record it with `minipaas up --record FILE`, or in the browser's network panel"
            raise FileProblem(self._path, None, f"cannot judge {app} by this recording: {nothing}", hint) from None
        history = History("recording")
        host = await host_of(fleet, app, timeout_s)
        book = Notebook(Player(host, fleet, history, timeout_s=timeout_s), 0)
        retracer = Retracer(book, host)
        try:
            await retracer.retrace(recording.acts)
        finally:
            await book.player.close()
        failed = len(recording.acts) - retracer.done
        few = f"{self._path}: {failed} of {len(recording.acts)} recorded requests are not answered as they were"
        plan = _plan(host, book.steps, history)
        return Discovery(
            plan=replace(
                plan,
                pages=retracer.pages,
                forms=len(retracer.forms),
                missed=tuple(dict.fromkeys((*book.missed, *recording.left_out))),
            ),
            history=history,
            healthy=any(each.status for each in history.exchanges),
            unmet=(few,) if failed > len(recording.acts) / 2 else (),
        )


def _plan(host: str, steps: Sequence[Step], history: History) -> Plan:
    routes = tuple(sorted({f"{each.method} {each.pattern}" for each in history.exchanges if 0 < each.status < 400}))
    slow = _slow(history, [step.label for step in steps])
    return Plan(
        host=host,
        steps=tuple(steps),
        pages=len({step.label for step in steps if not writes(step)}),
        forms=len({step.label for step in steps if writes(step)}),
        routes_exercised=routes,
        routes_known=routes,
        slow=frozenset(index for index, step in enumerate(steps) if step.label in slow),
    )


def _slow(history: History, labels: list[str]) -> dict[str, float]:
    """Seconds of the steps that take too long to be played again and again."""
    found: dict[str, float] = {}
    for each in history.exchanges:
        if each.service_s > SLOW_S:
            found[labels[each.step]] = max(each.service_s, found.get(labels[each.step], 0.0))
    return found
