"""What is known while an app is discovered: the steps done so far, who does them, what they made."""

from collections.abc import Callable

from minipaas.chaos.answers import ENDLESS
from minipaas.chaos.forms import credentials, serials
from minipaas.chaos.history import Exchange
from minipaas.chaos.markers import Marker
from minipaas.chaos.plan import Step, Visit
from minipaas.chaos.play import Outcome, Player

#: Enough for a small app, and a trial takes seconds.
MOST_WRITES = 18
#: An answer that takes longer than this has no place in a plan that is played many times.
SLOW_S = 4.0


class Notebook:
    """Kept by all that explore one app.

    `client` does the next steps, as `identity`; `created` are the markers that were accepted, oldest first.
    `answers` are the statuses of all pages looked at, `slow` the seconds of what is not tried again.

    Args:
        out_of_time: whether exploring has to come to its end.
    """

    def __init__(self, player: Player, serial: int, out_of_time: Callable[[], bool] = lambda: False) -> None:
        self.player = player
        self.out_of_time = out_of_time
        self.client = "alice"
        self.serials = serials(serial)
        self.identity = credentials(next(self.serials))
        self.steps: list[Step] = []
        self.writes = 0
        self.created: list[Marker] = []
        self.answers: list[int] = []
        #: One page of each kind, its path and its HTML; event streams that were met.
        self.pages: dict[str, tuple[str, str]] = {}
        self.streams: dict[str, None] = {}
        #: Scripts that pages load, by path.
        self.scripts: dict[str, str] = {}
        self.slow: dict[str, float] = {}
        self.missed: list[str] = []
        self.known_routes: set[str] = set()

    async def do(self, step: Step) -> Outcome:
        """Do a step and note it down; `drop` takes it back."""
        self.steps.append(step)
        outcome = await self.player.do(len(self.steps) - 1, step)
        exchange = outcome.exchange
        if exchange is not None:
            self._remember(exchange)
            if isinstance(step, Visit):
                self.answers.append(exchange.status or 599)
            if exchange.service_s > SLOW_S or exchange.error in ENDLESS:
                self.slow[step.label] = max(exchange.service_s, self.slow.get(step.label, 0.0))
        return outcome

    def _remember(self, exchange: Exchange) -> None:
        if exchange.kind.startswith("text/event-stream"):
            self.streams[exchange.path] = None
        elif exchange.html and exchange.status == 200:
            self.pages.setdefault(exchange.pattern, (exchange.path, exchange.body.decode(errors="replace")))

    def drop(self) -> None:
        """The last step is no part of the plan."""
        self.steps.pop()


def accepted(outcome: Outcome) -> bool:
    """Whether the app took it."""
    return outcome.exchange is not None and 0 < outcome.exchange.status < 400


def why(outcome: Outcome) -> str:
    """What it answered instead."""
    return outcome.exchange.outcome if outcome.exchange is not None else outcome.missing
