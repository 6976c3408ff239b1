"""Sends a form, or makes a call, again and again until it is refused: a limit that was reached has to stay reached.

The tries become part of the plan only where a limit was found, and one that outlasts the time a restart takes: a
window of a second is over by then, wherever it is counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from minipaas.chaos.forms import Purpose, entries, purpose
from minipaas.chaos.markers import without_markers
from minipaas.chaos.notebook import Notebook
from minipaas.chaos.page import Form, without_numbers
from minipaas.chaos.plan import Call, Press, Submit, typed
from minipaas.chaos.play import Outcome

#: Tries until a form is taken to have no limit.
MOST_TRIES = 10
#: An app that takes longer over one is not pressed.
_QUICK_S = 0.5
WRONG = "not-the-password"
STRANGER = "mallory"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a try came to; markers and numbers are left out, they differ anyway."""

    outcome: str
    lines: frozenset[str]
    shows_it: bool

    def turns_away(self, before: "Sequence[_Answer]") -> bool:
        """Whether it ends otherwise than those before, or says something that none of them said."""
        if self.outcome != before[-1].outcome:
            return True
        known = frozenset[str]().union(*(each.lines for each in before))
        return len(before) > 1 and not self.shows_it and not self.lines <= known


Again = Callable[[], Submit | Call]


class Rush:
    """Presses the forms and calls of one app."""

    def __init__(self, book: Notebook) -> None:
        self._book = book

    async def press(self, again: Again, usual: tuple[Submit | Call, Outcome] | None) -> bool:
        """Whether a limit was found; its tries are then the last steps of the notebook.

        Args:
            again: what is sent next, filled anew.
            usual: how it was sent and ended when it was taken; None where it never was.
        """
        first = len(self._book.steps)
        known = _answer(usual[1], usual[0]) if usual is not None else None
        refused = await self._until_refused(again, [known] if known else [])
        if refused is None or await self._try(again, Press.STILL) != refused:
            del self._book.steps[first:]
            return False
        return True

    async def _until_refused(self, again: Again, before: list[_Answer]) -> _Answer | None:
        for _ in range(MOST_TRIES):
            answer = await self._try(again, Press.TRY)
            if answer is None or self._book.out_of_time():
                return None
            if before and answer.turns_away(before):
                last = self._book.steps[-1]
                assert isinstance(last, Submit | Call)
                self._book.steps[-1] = replace(last, press=Press.REFUSED)
                return answer
            before.append(answer)
        return None

    async def _try(self, again: Again, press: Press) -> _Answer | None:
        step = replace(again(), press=press)
        outcome = await self._book.do(step)
        return _answer(outcome, step)


def form_again(book: Notebook, form: Form, step: Submit) -> Again:
    """A form filled anew; a login by somebody else, who does not know the password."""
    is_login = purpose(form) is Purpose.LOGIN
    client = STRANGER if is_login else step.client
    base = replace(step, client=client, session=False, destructive=False, again=False)
    secret = {field.name for field in form.visible if is_login and field.kind == "password"}

    def again() -> Submit:
        filled = entries(form, next(book.serials), book.identity)
        wrong = (replace(each, value=WRONG) if each.name in secret else each for each in filled)
        return replace(base, entries=tuple(wrong))

    return again


def _answer(outcome: Outcome, step: Submit | Call) -> _Answer | None:
    """None where nothing can be told of it: no answer, an error of the app, or one that takes its time."""
    exchange = outcome.exchange
    if exchange is None or exchange.status == 0 or exchange.status >= 500 or exchange.service_s > _QUICK_S:
        return None
    return _Answer(
        f"{exchange.outcome} {exchange.pattern}",
        frozenset(without_numbers(without_markers(each)) for each in exchange.lines),
        any(exchange.shows(marker) for marker in typed(step)),
    )
