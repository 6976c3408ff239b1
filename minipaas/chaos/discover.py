"""Finds out how an app is used: looks around, becomes known, fills its forms, calls its API.

Everything happens on one calm dyno, and each step is done by the same player that will play the plan. What was
done becomes the plan.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from minipaas.chaos.api_calls import ApiCaller
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.forms import Purpose, entries, is_risky_link, purpose
from minipaas.chaos.history import History
from minipaas.chaos.hosts import host_of
from minipaas.chaos.late import Late
from minipaas.chaos.markers import Marker
from minipaas.chaos.notebook import MOST_WRITES, Notebook, accepted, why
from minipaas.chaos.overhear import Overhear
from minipaas.chaos.page import Form, Link, Page, may_be_drawn, paths_in, url_pattern
from minipaas.chaos.plan import Entry, Place, Plan, Step, Submit, Visit, typed
from minipaas.chaos.play import Outcome, Player
from minipaas.chaos.rush import Rush, form_again

#: Bounds of a plan: enough for a small app, and a trial takes seconds.
MOST_PAGES = 24
MOST_READS = 7
#: Pages of one pattern that are looked at; the next would be like them.
ALIKE = 2
#: Seconds until discovery comes to its end, when nothing else is said.
BUDGET_S = 45.0
#: Forms that are sent until they are refused, or seem to have no limit.
MOST_PRESSED = 3
#: A form may be gone from a page where it was seen; it is looked for on as many more.
_MORE_PLACES = 3
#: Each page is looked at this often before anything is written: a counter of visits shows itself.
LOOKS = 3
_STATIC = (".css", ".js", ".mjs", ".map", ".ico", ".svg", ".woff", ".woff2", ".ttf", ".webmanifest")
_WEB_ROOT = Place(path="/")


@dataclass(slots=True)
class _Seen:
    """A form, the pages it was seen on (oldest first), and the number of the page that showed it first."""

    form: Form
    places: list[Place]
    page: int
    used: int = 0
    #: The step by which it was taken last, and how that ended; of what changes something and makes nobody known.
    taken: tuple[Submit, Outcome] | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """The plan, and what was seen while it was found."""

    plan: Plan
    history: History
    healthy: bool
    #: What a given workload expects and a calm dyno did not give: what the plan shows is not what its author meant.
    unmet: tuple[str, ...] = ()


async def discover(
    fleet: Fleet, app: str, *, timeout_s: float, serial: int = 0, budget_s: float = BUDGET_S
) -> Discovery:
    """Use the app that the fleet's one dyno runs, and remember how.

    Args:
        budget_s: nothing new is begun after so many seconds; the plan says what was left out.
    """
    history, until = History("discovery"), fleet.clock.monotonic() + budget_s
    host = await host_of(fleet, app, timeout_s)
    player = Player(host, fleet, history, timeout_s=timeout_s)
    book = Notebook(player, serial, lambda: fleet.clock.monotonic() > until)
    explorer = _Explorer(book, host, Late(book, history, fleet))
    try:
        await explorer.explore()
    finally:
        await book.player.close()
    return explorer.result(history)


class _Explorer:
    def __init__(self, book: Notebook, host: str, late: Late) -> None:
        self.book = book
        self._late = late
        self._api = ApiCaller(book)
        self.host = host
        self.pages: dict[str, list[Place]] = {}
        self._queue: deque[Place] = deque([_WEB_ROOT])
        self._forms: dict[str, _Seen] = {}
        self._taken_in = 0
        self._sent_again = False
        #: URLs that were linked to, or gone to, so far.
        self._met: set[str] = set()

    async def explore(self) -> None:
        await self._look_around()
        await self._become_known()
        for _ in range(LOOKS - 1):
            await self._read(self._all_pages())
        await self._use_forms(Purpose.WRITE)
        await self._api.call_all()
        await Overhear(self.book).listen([(each.form, each.taken[0]) for each in self._forms.values() if each.taken])
        await self._late.wait(self._all_pages()[:MOST_READS])
        await self._use_forms(Purpose.SEARCH)
        await self._use_forms(Purpose.DESTROY)
        self.book.client = "bob"
        await self._read(self._all_pages()[:MOST_READS])
        self.book.client = "alice"
        await self._reach_limits()

    def result(self, history: History) -> Discovery:
        routes = {f"{each.method} {each.pattern}" for each in history.exchanges if 0 < each.status < 400}
        unused = [key for key, seen in self._forms.items() if not seen.used]
        plan = Plan(
            host=self.host,
            steps=tuple(self.book.steps),
            pages=sum(len(places) for places in self.pages.values()),
            forms=sum(seen.used > 0 for seen in self._forms.values()),
            routes_exercised=tuple(sorted(routes)),
            routes_known=tuple(sorted(routes | self.book.known_routes)),
            slow=frozenset(index for index, step in enumerate(self.book.steps) if step.label in self.book.slow),
            missed=tuple(self._missed(unused)),
        )
        good = sum(status < 400 for status in self.book.answers)
        healthy = bool(self.book.answers) and good >= 0.8 * len(self.book.answers)
        return Discovery(plan, history, healthy)

    def _missed(self, unused: Sequence[str]) -> Iterator[str]:
        if self.book.out_of_time():
            left = sum(map(self._is_new, self._queue))
            yield f"the time for discovery was over{f', {left} pages were not looked at' if left else ''}"
        for label, seconds in self.book.slow.items():
            yield f"{label} took {seconds:.0f} s: not played again"
        yield from self.book.missed
        yield from (f"form {key}" for key in unused if "logout" not in key.lower())

    # Looking around.

    async def _look_around(self) -> None:
        while self._queue and not self.book.out_of_time() and sum(map(len, self.pages.values())) < MOST_PAGES:
            place = self._queue.popleft()
            if self._is_new(place):
                await self._look(place)

    def _is_new(self, place: Place) -> bool:
        alike = self.pages.get(_pattern(place), [])
        return len(alike) < ALIKE and place not in alike

    async def _look(self, place: Place) -> None:
        outcome = await self.book.do(Visit(client=self.book.client, place=place))
        exchange = outcome.exchange
        if exchange is None or exchange.status == 0 or exchange.status >= 400:
            self.book.drop()
            return
        self.pages.setdefault(_pattern(place), []).append(place)
        self._take_in(place, outcome.page)
        if "json" in exchange.kind:
            links = [Link(path, "", "") for path in paths_in(exchange.body.decode(errors="replace"))]
            self._queue += [Place(path=each.url) for each in links if self._worth_following(each)]

    def _take_in(self, place: Place, page: Page | None, ending: int | None = None) -> None:
        """Remember the links and forms of a page.

        Args:
            ending: of the step, where it is the page that a form led to.
        """
        if page is None:
            return
        self._taken_in += 1
        for form in page.forms:
            if self._is_ours(form.action):
                places = self._forms.setdefault(form.key, _Seen(form, [], self._taken_in)).places
                if place not in places:
                    places.append(place)
        for link in page.links:
            if self._worth_following(link):
                drawn = ending is not None and link.url not in self._met and may_be_drawn(link.url)
                self._queue.append(self._shown(link, ending) if drawn else self._place(place, link))
        self._met |= {page.url, *(link.url for link in page.links)}

    def _shown(self, link: Link, ending: int | None) -> Place:
        return Place(landing=ending, pattern=url_pattern(link.url), shown=True)

    def _worth_following(self, link: Link) -> bool:
        path = urlsplit(link.url).path.lower()
        if not self._is_ours(link.url) or path.endswith(_STATIC) or is_risky_link(link.text, link.url):
            return False
        return (
            not link.embedded
            or any(marker.shown_in(link.url.encode()) for marker in self.book.created)
            or "*" in url_pattern(link.url)
        )

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url).netloc in ("", self.host)

    def _place(self, here: Place, link: Link) -> Place:
        pattern = url_pattern(link.url)
        parts = urlsplit(link.url)
        if "*" not in pattern:
            return Place(path=f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
        beside = f"{link.near} {link.text} {link.url}".encode()
        near = tuple(marker for marker in self.book.created if marker.shown_in(beside))
        return Place(via=here, pattern=pattern, near=near[-1:])

    # Becoming known.

    async def _become_known(self) -> None:
        """A login that is refused is tried again once another form with a password was taken: that one registered."""
        refused: list[_Seen] = []
        for wanted in (Purpose.REGISTER, Purpose.LOGIN):
            for seen in list(self._forms.values()):
                if purpose(seen.form) is wanted and not seen.used and not self.book.out_of_time():
                    taken = await self._fill_session(seen)
                    if taken:
                        refused = [each for each in refused if not await self._fill_session(each)]
                    elif wanted is Purpose.LOGIN:
                        refused.append(seen)
        for seen in refused:
            self.book.missed.append(f"what is behind the login form on {seen.places[0].name}")
        await self._look_around()

    async def _fill_session(self, seen: _Seen) -> bool:
        """Whether it was taken."""
        place, form = seen.places[0], seen.form
        step = self._submit(place, form, entries(form, next(self.book.serials), self.book.identity), session=True)
        outcome = await self.book.do(step)
        seen.used = 1
        if not accepted(outcome):
            self.book.drop()
            return False
        self.book.created.append(self.book.identity.name)
        self._take_in(self._landing(outcome, step), outcome.page)
        await self._look_again(_WEB_ROOT)
        return True

    async def _look_again(self, place: Place) -> None:
        outcome = await self.book.do(Visit(client=self.book.client, place=place))
        self._take_in(place, outcome.page)

    # Using forms.

    async def _use_forms(self, wanted: Purpose) -> None:
        times = 1 if wanted is not Purpose.WRITE else 2
        while (found := self._next_form(wanted, times)) and self.book.writes < MOST_WRITES:
            if self.book.out_of_time():
                return
            found.used += 1
            await self._use(found, destructive=wanted is Purpose.DESTROY)

    def _next_form(self, wanted: Purpose, times: int) -> _Seen | None:
        """Of the page found last, as a wizard's next page goes before everything else; a mere button after fields."""
        open_ = [seen for seen in self._forms.values() if purpose(seen.form) is wanted and seen.used < times]
        open_ = [seen for seen in open_ if not (seen.used and seen.form.label in self.book.slow)]
        return min(open_, key=lambda seen: (-seen.page, not seen.form.visible), default=None)

    async def _use(self, seen: _Seen, *, destructive: bool) -> None:
        """Where it was seen last: what it belongs to may be done with elsewhere."""
        places = seen.places if destructive else seen.places[::-1]
        refused: Outcome | None = None
        for place in places[:_MORE_PLACES]:
            refused = await self._use_at(place, seen, destructive=destructive)
            if refused is None or not refused.missing:
                break
        if refused is not None:
            self.book.missed.append(f"form {seen.form.key}: refused with {why(refused)}")

    async def _use_at(self, place: Place, seen: _Seen, *, destructive: bool) -> Outcome | None:
        """Fill and send it; how it ended where it was not taken."""
        form = seen.form
        near = self._beside(form) if destructive else ()
        for numeric in (False, True):
            filled = entries(form, next(self.book.serials), self.book.identity, numeric=numeric)
            step = replace(self._submit(place, form, filled, destructive=destructive), near=near)
            outcome = await self.book.do(step)
            if accepted(outcome):
                break
            self.book.drop()
            if not form.visible or outcome.missing or step.label in self.book.slow:
                return outcome
        else:
            return outcome
        seen.taken = (step, outcome) if purpose(form) is Purpose.WRITE else None
        await self._used(step, outcome, form)
        return None

    async def _used(self, step: Submit, outcome: Outcome, form: Form) -> None:
        if form.method == "GET":
            return
        self.book.writes += 1
        self.book.created += typed(step)
        landing = self._landing(outcome, step)
        self._take_in(landing, outcome.page, ending=len(self.book.steps) - 1)
        await self._read([landing, step.place, *self._reads()])
        if not step.destructive and not self._sent_again and _once_only(form):
            await self._send_again(step)

    async def _send_again(self, step: Submit) -> None:
        """As an impatient user does; once for an app, and only a form that says it is good for one time."""
        self._sent_again = True
        outcome = await self.book.do(replace(step, entries=(), again=True))
        if outcome.exchange is None or not 0 < outcome.exchange.status < 500:
            self.book.drop()
            return
        await self._read([self._landing(outcome, step), step.place, *self._reads()])

    async def _reach_limits(self) -> None:
        """Last of all: whoever reached a limit can do no more."""
        rush, pressed = Rush(self.book), 0
        for seen in self._forms.values():
            known = purpose(seen.form) is Purpose.LOGIN
            if pressed == MOST_PRESSED or self.book.out_of_time():
                return
            if seen.form.method == "POST" and seen.form.visible and (known or seen.taken is not None):
                step = seen.taken[0] if seen.taken else self._submit(seen.places[0], seen.form, ())
                pressed += 1
                await rush.press(form_again(self.book, seen.form, step), None if known else seen.taken)
        for again, usual in self._api.again()[: MOST_PRESSED - pressed]:
            if not self.book.out_of_time():
                await rush.press(again, usual)

    def _beside(self, form: Form) -> tuple[Marker, ...]:
        shown = [marker for marker in self.book.created if marker.shown_in(f"{form.near} {form.action}".encode())]
        return tuple(shown[-1:])

    def _submit(
        self, place: Place, form: Form, filled: Sequence[Entry], *, session: bool = False, destructive: bool = False
    ) -> Submit:
        return Submit(
            client=self.book.client,
            place=place,
            form_key=form.key,
            action=url_pattern(form.action),
            method=form.method,
            caption=form.caption,
            entries=tuple(filled),
            session=session,
            destructive=destructive,
        )

    def _landing(self, outcome: Outcome, step: Step) -> Place:
        exchange = outcome.exchange
        if exchange is None or exchange.method != "GET":
            return step.place if isinstance(step, Submit) else _WEB_ROOT
        url = outcome.page.url if outcome.page is not None else ""
        if "*" not in exchange.pattern and (not url or url in self._met or not may_be_drawn(url)):
            return Place(path=exchange.path)
        return Place(landing=len(self.book.steps) - 1, pattern=exchange.pattern)

    # Reading.

    def _reads(self) -> list[Place]:
        """Pages worth another look after a write: the front page, lists, and the newest things."""
        flat = self._all_pages()
        recent = set(self.book.created[-4:])
        dynamic = [each for each in self._queue if each.via is not None or each.shown]
        unseen = [each for each in dynamic if _pattern(each) not in self.pages]
        new = [each for each in self._queue if recent & set(each.near)] + unseen
        return [*new[-2:], *flat]

    def _all_pages(self) -> list[Place]:
        return [place for places in self.pages.values() for place in places]

    async def _read(self, places: Sequence[Place]) -> None:
        """Look at each page, and at all of them again: the second look meets the other dyno."""
        unique = list(dict.fromkeys(places))[:MOST_READS]
        for _ in range(2 if self.book.client == "alice" else 1):
            for place in list(unique):
                if self.book.out_of_time():
                    return
                if f"GET {place.name}" in self.book.slow:
                    continue
                outcome = await self.book.do(Visit(client=self.book.client, place=place))
                if outcome.exchange is None or outcome.exchange.status >= 500:
                    self.book.drop()
                    unique.remove(place)
                    continue
                if place not in self.pages.setdefault(_pattern(place), []):
                    self.pages[_pattern(place)].append(place)
                self._take_in(place, outcome.page)


def _pattern(place: Place) -> str:
    return url_pattern(place.path) if place.path else place.pattern


def _once_only(form: Form) -> bool:
    """Whether a hidden field looks like a key made for this one sending."""
    return any(field.kind == "hidden" and re.fullmatch(r"(?=.*\d)[\w.-]{8,}", field.value) for field in form.fields)
