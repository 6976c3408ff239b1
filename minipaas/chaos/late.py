"""Effects that show only later, because a worker makes them: waited for, and the wait made part of the plan."""

from collections.abc import Sequence

from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import History
from minipaas.chaos.markers import Marker
from minipaas.chaos.notebook import Notebook
from minipaas.chaos.plan import Call, Place, Step, Submit, Tell, Visit, typed, writes

#: So long something may take to show; where no worker runs, less.
_WORKERS_S, _ALONE_S = 10.0, 5.0
_EVERY_S = 0.4
#: A play waits this much longer than discovery had to, and somewhat more.
_LONGER, _MORE_S, _MOST_S = 2.0, 2.0, 25.0
#: Kinds of writes that are waited for, and what each of them entered last.
_MOST, _MOST_OF_ONE = 3, 3


class Late:
    """Waits for what the writes of one discovery have not shown yet."""

    def __init__(self, book: Notebook, history: History, fleet: Fleet) -> None:
        self._book = book
        self._history = history
        self._fleet = fleet

    async def wait(self, places: Sequence[Place]) -> None:
        """Look at these pages until they show it, and note the looks down; nothing where all has shown itself."""
        missing = self._unseen()
        clock = self._fleet.clock
        until = clock.monotonic() + (_WORKERS_S if self._fleet.has_workers else _ALONE_S)
        while missing and clock.monotonic() < until and not self._book.out_of_time():
            for place in places:
                await self._look(place, missing)
            await clock.sleep(_EVERY_S if missing else 0.0)

    def _unseen(self) -> dict[Marker, float]:
        """What writes typed and nobody has read, and when; none where that is nothing unusual.

        Of each kind all are waited for: one that shows itself by chance in time is no more to be counted on.
        """
        found: dict[str, list[tuple[Marker, float]]] = {}
        seen = False
        for index, step in enumerate(self._book.steps):
            if not writes(step) or not typed(step) or _is_set_apart(step):
                continue
            # What was heard on a live connection stands in the step itself.
            since = index if isinstance(step, Tell) else index + 1
            shown = [marker for marker in typed(step) if self._is_shown(marker, since)]
            seen = seen or bool(shown)
            if not shown:
                sent = [each.started_s for each in self._history.exchanges if each.step == index]
                found.setdefault(step.label, []).append((typed(step)[0], max(sent, default=0.0)))
        if seen and not self._fleet.has_workers:
            return {}
        return dict(each for kind in list(found.values())[:_MOST] for each in kind[-_MOST_OF_ONE:])

    def _is_shown(self, marker: Marker, since: int) -> bool:
        return any(
            each.is_read and each.step >= since and each.shows(marker) and marker.token not in each.path
            for each in self._history.exchanges
        )

    async def _look(self, place: Place, missing: dict[Marker, float]) -> None:
        outcome = await self._book.do(Visit(client=self._book.client, place=place))
        self._book.drop()
        exchange = outcome.exchange
        for marker, sent_s in list(missing.items()):
            if exchange is not None and 0 < exchange.status < 400 and exchange.shows(marker):
                took_s = exchange.started_s - sent_s
                patience_s = min(_LONGER * took_s + _MORE_S, _MOST_S)
                await self._book.do(Visit(client=self._book.client, place=place, until=marker, patience_s=patience_s))
                del missing[marker]


def _is_set_apart(step: Step) -> bool:
    return isinstance(step, Submit | Call) and (step.session or step.destructive or step.press is not None)
