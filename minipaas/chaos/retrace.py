"""Does what a recorded user did, on a calm dyno, and so makes a plan of it.

Each act is looked up in the pages as they are now: a link by where it stood, a form by its fields; ids, tokens and
cookies are taken from what the app answers now, and what was typed becomes unique.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from minipaas.chaos.forms import Purpose, is_risky_link, purpose
from minipaas.chaos.notebook import MOST_WRITES, Notebook, accepted, why
from minipaas.chaos.page import Form, Link, Page, read_page, url_pattern
from minipaas.chaos.plan import Entry, Place, Step, Submit, Visit, typed
from minipaas.chaos.play import Outcome
from minipaas.chaos.recording import Act
from minipaas.chaos.retrace_calls import Caller
from minipaas.chaos.typed import Typed, beside, filling, find_form, picks

#: Pages looked at again after each write, each twice: the second look meets the other dyno.
MOST_READS = 4
LOOKS = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """A page of the recording and what it is now. `recorded` is its HTML then, where the file holds it."""

    place: Place
    page: Page
    recorded: str


class Retracer:
    """One recording, played once. `done` counts the acts that went as they did then."""

    def __init__(self, book: Notebook, host: str) -> None:
        self.done = 0
        self._book = book
        self._host = host
        self._typed = Typed()
        self._pages: dict[str, Seen] = {}
        self._landings: dict[str, Place] = {}
        self._reads: list[Step] = []
        self._caller = Caller(book, self._typed, self._recorded)
        self.forms: set[str] = set()

    async def retrace(self, acts: Sequence[Act]) -> None:
        """Do all of it, and look once more as somebody else."""
        for act in acts:
            if act.method == "GET":
                await self._look(act)
                continue
            if self._book.writes == 0:
                await self._read_again(None, LOOKS)
            if self._book.writes < MOST_WRITES:
                await self._send(act)
            else:
                self._book.missed.append(f"{act.name}: enough was sent before")
        self._book.client = "bob"
        for step in [each for each in self._reads if isinstance(each, Visit)][:MOST_READS]:
            await self._try(replace(step, client="bob"))

    @property
    def pages(self) -> int:
        """Pages that were looked at."""
        return len({url_pattern(path) for path in self._pages}) + len(self._caller.reads)

    def _recorded(self, path: str) -> str:
        return self._pages[path].recorded if path in self._pages else ""

    # Looking.

    async def _look(self, act: Act) -> None:
        if self._caller.is_call(act):
            outcome = await self._caller.look(act)
            self.done += outcome is not None
            return
        place = self._place(act)
        step = Visit(client=self._book.client, place=place)
        outcome = await self._try(step)
        if outcome is None:
            return
        self.done += 1
        self._take_in(act, place, outcome)
        self._remember(step)

    async def _try(self, step: Step) -> Outcome | None:
        """The outcome of a step that is answered well; else it is no part of the plan."""
        outcome = await self._book.do(step)
        if accepted(outcome):
            return outcome
        self._book.drop()
        self._book.missed.append(f"{step.label}: refused with {why(outcome)}")
        return None

    def _remember(self, step: Step) -> None:
        if step in self._reads:
            self._reads.remove(step)
        self._reads.insert(0, step)

    def _take_in(self, act: Act, place: Place, outcome: Outcome) -> None:
        if outcome.page is None:
            return
        self._pages.pop(act.landing or act.path, None)
        self._pages[act.landing or act.path] = Seen(place, outcome.page, act.landed if act.landing else act.answer)

    def _place(self, act: Act) -> Place:
        """The recorded path as it is to be found now."""
        pattern = url_pattern(act.path)
        if act.path in self._landings:
            return self._landings[act.path]
        if _names_one(pattern):
            for seen in self._likely(act):
                place = self._linked(act, seen, pattern)
                if place is not None:
                    return place
        path, _, query = act.path.partition("?")
        return Place(path=f"{path}{f'?{self._typed.put(query)}' if query else ''}")

    def _likely(self, act: Act) -> list[Seen]:
        """The pages it may have been done on, the likeliest first."""
        newest = list(self._pages.values())[::-1]
        referred = self._pages.get(act.referer)
        return [referred, *(each for each in newest if each is not referred)] if referred else newest

    def _linked(self, act: Act, seen: Seen, pattern: str) -> Place | None:
        """By a link of a page: the same one, the one beside the same text, the one at the same place."""
        now = [link for link in _alike(seen.page, pattern) if self._is_ours(link.url)]
        if not now:
            return None
        alike = _alike(_recorded_page(seen.recorded), pattern)
        followed = next((at for at, link in enumerate(alike) if link.url.endswith(act.path)), None)
        if followed is not None:
            link = alike[followed]
            near = self._typed.mentioned(f"{link.near} {link.text}")[-1:]
            return Place(via=seen.place, pattern=pattern, near=near, at=0 if near else followed)
        if any(link.url.endswith(act.path) for link in now):
            return Place(path=act.path)
        beside_it = f"{now[-1].near} {now[-1].text}".encode()
        near = tuple(marker for marker in self._book.created if marker.shown_in(beside_it))[-1:]
        return Place(via=seen.place, pattern=pattern, near=near, at=len(now) - 1)

    def _is_ours(self, url: str) -> bool:
        return url.startswith(f"https://{self._host}/") or not url.startswith(("http://", "https://"))

    # Sending.

    async def _send(self, act: Act) -> None:
        likely = self._likely(act)
        found = find_form(act, [seen.page for seen in likely])
        if found is None:
            await self._call(act)
            return
        seen, form = likely[found[0]], found[1]
        for unique in (True, False):
            filled = filling(act, form, self._typed, next(self._book.serials), unique=unique)
            step = self._submit(act, seen, form, filled.entries)
            outcome = await self._book.do(step)
            if accepted(outcome):
                break
            self._book.drop()
        else:
            self._book.missed.append(f"form {form.key}: refused with {why(outcome)}")
            return
        self.done += 1
        self.forms.add(form.key)
        self._typed.learn(filled.news)
        await self._written(act, step, outcome)

    def _submit(self, act: Act, seen: Seen, form: Form, entries: Sequence[Entry]) -> Submit:
        wanted = purpose(form)
        return Submit(
            client=self._book.client,
            place=seen.place,
            form_key=form.key,
            action=url_pattern(form.action),
            method=form.method,
            caption=form.caption,
            entries=tuple(entries),
            near=beside(act, form, seen.recorded, self._typed),
            picks=picks(act, form, seen.page),
            session=wanted in (Purpose.REGISTER, Purpose.LOGIN),
            destructive=wanted is Purpose.DESTROY or is_risky_link("", f"x://{act.path}"),
        )

    async def _call(self, act: Act) -> None:
        outcome = await self._caller.send(act)
        if outcome is None:
            return
        self.done += 1
        self.forms.add(act.name)
        await self._written(act, self._book.steps[-1], outcome)

    async def _written(self, act: Act, step: Step, outcome: Outcome) -> None:
        self._book.writes += 1
        self._book.created += typed(step)
        landing = self._landing(outcome)
        if landing is not None:
            self._landings[act.landing] = landing
            self._take_in(act, landing, outcome)
            if isinstance(step, Submit) and any(entry.file for entry in step.entries) and outcome.page is not None:
                for picture in self._pictures(landing, outcome.page):
                    self._remember(picture)
        await self._read_again(landing, 2)

    def _pictures(self, place: Place, page: Page) -> Iterator[Visit]:
        """What a page shows of files that were sent: a browser loads it with the page, and nobody clicks on it."""
        shown = [link for link in page.links if link.embedded and self._is_ours(link.url)]
        for pattern in dict.fromkeys(url_pattern(link.url) for link in shown):
            if "*" in pattern:
                at = max(at for at, link in enumerate(_alike(page, pattern)) if link.embedded)
                found = Place(via=place, pattern=pattern, at=at)
                yield Visit(client=self._book.client, place=found, embedded=True)

    def _landing(self, outcome: Outcome) -> Place | None:
        """The page where a write ended."""
        exchange = outcome.exchange
        if exchange is None or exchange.method != "GET" or outcome.page is None:
            return None
        if not _names_one(exchange.pattern):
            return Place(path=exchange.path)
        return Place(landing=len(self._book.steps) - 1, pattern=exchange.pattern)

    async def _read_again(self, landing: Place | None, times: int) -> None:
        """Look at where it ended and at the pages looked at last."""
        own = Visit(client=self._book.client, place=landing) if landing else None
        if own is not None:
            self._remember(own)
        steps = [*self._reads[:MOST_READS], *self._caller.reads[-MOST_READS:]]
        for _ in range(times):
            for step in list(steps):
                outcome = await self._book.do(step)
                if outcome.exchange is None or not 0 < outcome.exchange.status < 500:
                    self._book.drop()
                    steps.remove(step)
                elif isinstance(step, Visit) and outcome.page is not None:
                    self._refresh(step.place, outcome.page)

    def _refresh(self, place: Place, page: Page) -> None:
        """What a page shows now; the recording has told nothing new of it."""
        for path, seen in self._pages.items():
            if seen.place == place:
                self._pages[path] = replace(seen, page=page)


def _names_one(pattern: str) -> bool:
    """Whether a URL of that pattern may name one thing of many: by its path, or by its query."""
    return "*" in pattern or "?" in pattern


@lru_cache(32)
def _recorded_page(html: str) -> Page:
    """A stranger's page may be long, and is asked for one link after another."""
    return read_page("https://recorded/", html)


def _alike(page: Page, pattern: str) -> list[Link]:
    return [link for link in page.links if url_pattern(link.url) == pattern]
