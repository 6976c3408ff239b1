"""Finds live connections of an app, and what is heard on them when somebody says something."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from minipaas.chaos.forms import entries
from minipaas.chaos.loaded import script_texts
from minipaas.chaos.markers import text_marker
from minipaas.chaos.notebook import Notebook
from minipaas.chaos.page import Form
from minipaas.chaos.plan import Submit, Tell, typed
from minipaas.chaos.scripts import HOLE, Source, messages_in, sources_in

#: Bounds: what is tried in vain takes its time.
_MOST_SOURCES, _MOST_FORMS, _MOST_MESSAGES = 3, 3, 4
_FIRST_S = 2.5
#: In a play it may take this much longer than the first time, and somewhat more.
_LONGER, _MORE_S = 3.0, 1.5


class Overhear:
    """Looks through what a notebook has seen of one app."""

    def __init__(self, book: Notebook) -> None:
        self._book = book

    async def listen(self, forms: Sequence[tuple[Form, Submit]]) -> None:
        """Note down who can be heard where.

        Args:
            forms: with how each was sent, and taken.
        """
        sources, messages = await self._sources()
        heard = 0
        for source in sources:
            if heard == _MOST_SOURCES or self._book.out_of_time():
                return
            heard += await self._hears(source, messages, forms)

    async def _hears(self, source: Source, messages: Sequence[str], forms: Sequence[tuple[Form, Submit]]) -> bool:
        for step in (*self._spoken(source, messages), *self._written(source, forms)):
            outcome = await self._book.do(step)
            exchange = outcome.exchange
            if exchange is not None and exchange.status == 200 and exchange.shows(step.marker):
                self._book.steps[-1] = replace(step, patience_s=_LONGER * exchange.silent_s + _MORE_S)
                self._book.created += typed(step)
                self._book.writes += 1
                return True
            self._book.drop()
            if exchange is None or exchange.status == 0:
                return False
        return False

    def _spoken(self, source: Source, messages: Sequence[str]) -> Iterator[Tell]:
        for message in messages[:_MOST_MESSAGES] if source.socket else ():
            marker = text_marker(next(self._book.serials))
            yield Tell(
                client=self._book.client,
                path=source.path,
                socket=True,
                marker=marker,
                message=message.replace(HOLE, marker.token),
                patience_s=_FIRST_S,
            )

    def _written(self, source: Source, forms: Sequence[tuple[Form, Submit]]) -> Iterator[Tell]:
        for form, step in forms[:_MOST_FORMS]:
            sent = replace(step, entries=entries(form, next(self._book.serials), self._book.identity))
            markers = [marker for marker in typed(sent) if not marker.is_number]
            if markers:
                yield Tell(
                    client=sent.client,
                    path=source.path,
                    socket=source.socket,
                    marker=markers[0],
                    form=sent,
                    patience_s=_FIRST_S,
                )

    async def _sources(self) -> tuple[list[Source], list[str]]:
        """What pages and their scripts connect to; streams that were met by themselves."""
        found = [Source(path, socket=False) for path in self._book.streams]
        messages: list[str] = []
        for path, text in await script_texts(self._book):
            sources = sources_in(text, path)
            found += sources
            messages += messages_in(text) if any(each.socket for each in sources) else ()
        return list(dict.fromkeys(found)), list(dict.fromkeys(messages))
