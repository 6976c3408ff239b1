"""Finds out how an app is used: looks around, becomes known, fills its forms, calls its API.

Everything happens on one calm dyno, and each step is done by the same player that will play the plan. What was
done becomes the plan.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from minipaas.chaos import openapi
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.forms import Purpose, credentials, entries, is_risky_link, purpose, serials
from minipaas.chaos.history import Exchange, History
from minipaas.chaos.markers import Marker
from minipaas.chaos.page import Form, Link, Page, url_pattern
from minipaas.chaos.plan import Call, Entry, Place, Plan, Step, Submit, Visit, typed
from minipaas.chaos.play import Outcome, Player
from minipaas.chaos.user import User

#: Bounds of a plan: enough for a small app, and a trial takes seconds.
MOST_PAGES = 24
MOST_WRITES = 18
MOST_READS = 7
#: Pages of one pattern that are looked at; the next would be like them.
ALIKE = 2
#: Each page is looked at this often before anything is written: a counter of visits shows itself.
LOOKS = 3
#: An answer that takes longer than this has no place in a plan that is played many times.
SLOW_S = 4.0

_STATIC = (".css", ".js", ".mjs", ".map", ".ico", ".svg", ".woff", ".woff2", ".ttf", ".webmanifest")
_WEB_ROOT = Place(path="/")


@dataclass(frozen=True, slots=True)
class Discovery:
    """The plan, and what was seen while it was found."""

    plan: Plan
    history: History
    healthy: bool
    #: Routes left out because they were too slow, with their seconds.
    slow: tuple[tuple[str, float], ...]


async def discover(fleet: Fleet, app: str, *, timeout_s: float, serial: int = 0) -> Discovery:
    """Use the app that the fleet's one dyno runs, and remember how."""
    history = History("discovery")
    host = await _host(fleet, app, timeout_s)
    explorer = _Explorer(Player(host, fleet, history, timeout_s=timeout_s), host, serial)
    try:
        await explorer.explore()
    finally:
        await explorer.player.close()
    return explorer.result(history)


async def _host(fleet: Fleet, app: str, timeout_s: float) -> str:
    """The host name under which the app answers: some frameworks keep a list of those they allow."""
    candidates = (f"{app}.localhost", "localhost", "127.0.0.1", f"{app}.herokuapp.com")
    best = (1000, candidates[0])
    for host in candidates:
        user = User("probe", host, fleet.next, History("probe"), timeout_s=timeout_s, between_hops=_nothing)
        try:
            exchange, _ = await user.get("/")
        finally:
            await user.close()
        if 0 < exchange.status < 400:
            return host
        best = min(best, (exchange.status or 999, host))
    return best[1]


async def _nothing() -> None:
    return


class _Explorer:
    def __init__(self, player: Player, host: str, serial: int) -> None:
        self.player = player
        self.host = host
        self.steps: list[Step] = []
        self.pages: dict[str, list[Place]] = {}
        self.missed: list[str] = []
        self.known_routes: set[str] = set()
        self.slow: dict[str, float] = {}
        self.answers: list[int] = []
        self._serial = serials(serial)
        self._identity = credentials(next(self._serial))
        self._queue: deque[Place] = deque([_WEB_ROOT])
        self._forms: dict[str, tuple[Place, Form]] = {}
        self._used: dict[str, int] = {}
        self._writes = 0
        self._client = "alice"
        self._created: list[Marker] = []
        self._sent_again = False
        #: What API calls prove themselves with, once something was handed out.
        self._proof: dict[str, str] = {}

    async def explore(self) -> None:
        await self._look_around()
        await self._become_known()
        for _ in range(LOOKS - 1):
            await self._read(self._all_pages())
        await self._use_forms(Purpose.WRITE)
        await self._call_api()
        await self._use_forms(Purpose.SEARCH)
        await self._use_forms(Purpose.DESTROY)
        self._client = "bob"
        await self._read(self._all_pages()[:MOST_READS])

    def result(self, history: History) -> Discovery:
        routes = {f"{each.method} {each.pattern}" for each in history.exchanges if 0 < each.status < 400}
        unused = [form.key for key, (_, form) in self._forms.items() if key not in self._used]
        plan = Plan(
            host=self.host,
            steps=tuple(self.steps),
            pages=sum(len(places) for places in self.pages.values()),
            forms=len(self._used),
            routes_exercised=tuple(sorted(routes)),
            routes_known=tuple(sorted(routes | self.known_routes)),
            slow=frozenset(index for index, step in enumerate(self.steps) if step.label in self.slow),
            missed=(*self.missed, *(f"form {key}" for key in unused if "logout" not in key.lower())),
        )
        good = sum(status < 400 for status in self.answers)
        healthy = bool(self.answers) and good >= 0.8 * len(self.answers)
        return Discovery(plan, history, healthy, tuple(sorted(self.slow.items())))

    # Looking around.

    async def _look_around(self) -> None:
        while self._queue and sum(map(len, self.pages.values())) < MOST_PAGES:
            place = self._queue.popleft()
            if self._is_new(place):
                await self._look(place)

    def _is_new(self, place: Place) -> bool:
        alike = self.pages.get(_pattern(place), [])
        return len(alike) < ALIKE and place not in alike

    async def _look(self, place: Place) -> None:
        outcome = await self._do(Visit(client=self._client, place=place))
        exchange = outcome.exchange
        if exchange is None or exchange.status == 0 or exchange.status >= 400:
            self.steps.pop()
            return
        self.pages.setdefault(_pattern(place), []).append(place)
        self._take_in(place, outcome.page)

    def _take_in(self, place: Place, page: Page | None) -> None:
        """Remember the links and forms of a page."""
        if page is None:
            return
        for form in page.forms:
            if self._is_ours(form.action) and form.key not in self._forms:
                self._forms[form.key] = (place, form)
        for link in page.links:
            if self._worth_following(link):
                self._queue.append(self._place(place, link))

    def _worth_following(self, link: Link) -> bool:
        path = urlsplit(link.url).path.lower()
        if not self._is_ours(link.url) or path.endswith(_STATIC) or is_risky_link(link.text, link.url):
            return False
        return (
            not link.embedded
            or any(marker.shown_in(link.url.encode()) for marker in self._created)
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
        near = tuple(marker for marker in self._created if marker.shown_in(beside))
        return Place(via=here, pattern=pattern, near=near[-1:])

    # Becoming known.

    async def _become_known(self) -> None:
        for wanted in (Purpose.REGISTER, Purpose.LOGIN):
            for key, (place, form) in list(self._forms.items()):
                if purpose(form) is wanted and key not in self._used:
                    await self._fill_session(key, place, form, wanted)
        await self._look_around()

    async def _fill_session(self, key: str, place: Place, form: Form, wanted: Purpose) -> None:
        step = self._submit(place, form, entries(form, next(self._serial), self._identity), session=True)
        outcome = await self._do(step)
        self._used[key] = 1
        if not _accepted(outcome):
            self.steps.pop()
            if wanted is Purpose.LOGIN:
                self.missed.append(f"what is behind the login form on {place.name}")
            return
        self._created.append(self._identity.name)
        self._take_in(self._landing(outcome, step), outcome.page)
        for root in ("/",):
            await self._look_again(Place(path=root))

    async def _look_again(self, place: Place) -> None:
        outcome = await self._do(Visit(client=self._client, place=place))
        self._take_in(place, outcome.page)

    # Using forms.

    async def _use_forms(self, wanted: Purpose) -> None:
        times = 1 if wanted is not Purpose.WRITE else 2
        while (found := self._next_form(wanted, times)) and self._writes < MOST_WRITES:
            key, place, form = found
            self._used[key] = self._used.get(key, 0) + 1
            await self._use(place, form, destructive=wanted is Purpose.DESTROY)

    def _next_form(self, wanted: Purpose, times: int) -> tuple[str, Place, Form] | None:
        """The form found last first: a wizard's next page goes before everything else."""
        for key, (place, form) in reversed(self._forms.items()):
            if purpose(form) is wanted and self._used.get(key, 0) < times:
                return key, place, form
        return None

    async def _use(self, place: Place, form: Form, *, destructive: bool) -> None:
        near = self._beside(form) if destructive else ()
        for numeric in (False, True):
            filled = entries(form, next(self._serial), self._identity, numeric=numeric)
            step = replace(self._submit(place, form, filled, destructive=destructive), near=near)
            outcome = await self._do(step)
            if _accepted(outcome) or not form.visible:
                break
            self.steps.pop()
        else:
            self.missed.append(f"form {form.key}: refused with {_why(outcome)}")
            return
        if form.method == "GET":
            return
        self._writes += 1
        self._created += typed(step)
        landing = self._landing(outcome, step)
        self._take_in(landing, outcome.page)
        await self._read([landing, place, *self._reads()])
        if not destructive and not self._sent_again and _once_only(form):
            await self._send_again(step)

    async def _send_again(self, step: Submit) -> None:
        """As an impatient user does; once for an app, and only a form that says it is good for one time."""
        self._sent_again = True
        outcome = await self._do(replace(step, entries=(), again=True))
        if outcome.exchange is None or not 0 < outcome.exchange.status < 500:
            self.steps.pop()
            return
        await self._read([self._landing(outcome, step), step.place, *self._reads()])

    def _beside(self, form: Form) -> tuple[Marker, ...]:
        shown = [marker for marker in self._created if marker.shown_in(f"{form.near} {form.action}".encode())]
        return tuple(shown[-1:])

    def _submit(
        self, place: Place, form: Form, filled: Sequence[Entry], *, session: bool = False, destructive: bool = False
    ) -> Submit:
        return Submit(
            client=self._client,
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
        if "*" not in exchange.pattern:
            return Place(path=exchange.path)
        return Place(landing=len(self.steps) - 1, pattern=exchange.pattern)

    # Reading.

    def _reads(self) -> list[Place]:
        """Pages worth another look after a write: the front page, lists, and the newest things."""
        flat = self._all_pages()
        recent = set(self._created[-4:])
        unseen = [each for each in self._queue if each.via is not None and _pattern(each) not in self.pages]
        new = [each for each in self._queue if recent & set(each.near)] + unseen
        return [*new[-2:], *flat]

    def _all_pages(self) -> list[Place]:
        return [place for places in self.pages.values() for place in places]

    async def _read(self, places: Sequence[Place]) -> None:
        """Look at each page, and at all of them again: the second look meets the other dyno."""
        unique = list(dict.fromkeys(places))[:MOST_READS]
        for _ in range(2 if self._client == "alice" else 1):
            for place in list(unique):
                if f"GET {place.name}" in self.slow:
                    continue
                outcome = await self._do(Visit(client=self._client, place=place))
                if outcome.exchange is None or outcome.exchange.status >= 500:
                    self.steps.pop()
                    unique.remove(place)
                    continue
                if place not in self.pages.setdefault(_pattern(place), []):
                    self.pages[_pattern(place)].append(place)
                self._take_in(place, outcome.page)

    # An API.

    async def _call_api(self) -> None:
        for path in openapi.PLACES:
            outcome = await self._do(Call(client=self._client, method="GET", path=path))
            self.steps.pop()
            exchange = outcome.exchange
            if exchange is not None and exchange.status == 200 and not exchange.html:
                await self._call_all(openapi.operations(_json(exchange)))
                return

    async def _call_all(self, operations: Sequence[openapi.Operation]) -> None:
        self.known_routes |= {f"{each.method} {each.pattern}" for each in operations}
        captured: dict[str, str] = {}
        lists = [each for each in operations if each.method == "GET" and not each.parameters and not each.query]
        for operation in (each for each in operations if each.method == "POST" and self._writes < MOST_WRITES):
            for _ in range(1 if operation.makes_known else 2):
                await self._create(operation, captured, lists)
        for operation in operations:
            if operation.method in ("PUT", "PATCH", "DELETE") and self._writes < MOST_WRITES:
                await self._create(operation, captured, lists)

    async def _create(
        self, operation: openapi.Operation, captured: dict[str, str], lists: Sequence[openapi.Operation]
    ) -> None:
        path = self._path(operation, captured)
        if path is None:
            self.missed.append(f"{operation.method} {operation.path}: nothing to put in its path")
            return
        body, markers = self._body(operation)
        name = f"id{len(self.steps)}"
        step = Call(
            client=self._client,
            method=operation.method,
            path=path,
            body=body,
            markers=markers,
            pattern=operation.path,
            form=operation.form,
            headers=self._proof,
            session=bool(operation.makes_known),
            destructive=operation.method == "DELETE",
        )
        outcome = await self._do(step)
        if not _accepted(outcome) or outcome.exchange is None:
            self.steps.pop()
            self.missed.append(f"{operation.method} {operation.path}: refused with {_why(outcome)}")
            return
        self._writes += 1
        self._created += markers
        token = _token(outcome.exchange)
        where = token or _identifier(outcome.exchange)
        if where and operation.method == "POST":
            self.steps[-1] = replace(step, captures={name: where})
            self.player.capture(name, where, outcome.exchange)
        if token:
            self._proof = {"Authorization": f"Bearer {{{name}}}"}
        elif where and operation.method == "POST" and not operation.makes_known:
            captured[operation.collection] = name
        await self._read_api(captured, lists, operation)

    def _body(self, operation: openapi.Operation) -> tuple[Any, tuple[Marker, ...]]:
        if operation.schema is None:
            return None, ()
        if operation.makes_known:
            return openapi.credentials(operation.schema, self._identity.name), (self._identity.name,)
        return openapi.example(operation.schema, next(self._serial))

    async def _read_api(
        self, captured: dict[str, str], lists: Sequence[openapi.Operation], after: openapi.Operation
    ) -> None:
        proof = self._proof
        reads = [Call(client=self._client, method="GET", path=each.path, headers=proof) for each in lists[:4]]
        name = captured.get(after.collection)
        if name is not None:
            one = f"{after.collection}/{{{name}}}".replace("//", "/")
            pattern = f"{after.collection}/*"
            reads.append(Call(client=self._client, method="GET", path=one, pattern=pattern, headers=proof))
        for _ in range(2):
            for read in reads:
                outcome = await self._do(read)
                if outcome.exchange is None or outcome.exchange.status in (0, 405, 422):
                    self.steps.pop()

    def _path(self, operation: openapi.Operation, captured: dict[str, str]) -> str | None:
        path = operation.path
        for parameter in operation.parameters:
            name = captured.get(operation.collection) or next(reversed(captured.values()), None)
            if name is None:
                return None
            path = path.replace(f"{{{parameter}}}", f"{{{name}}}", 1)
        return path

    # Doing.

    async def _do(self, step: Step) -> Outcome:
        self.steps.append(step)
        outcome = await self.player.do(len(self.steps) - 1, step)
        exchange = outcome.exchange
        if exchange is not None:
            if isinstance(step, Visit):
                self.answers.append(exchange.status or 599)
            if exchange.service_s > SLOW_S:
                self._leave_out(step, exchange)
        return outcome

    def _leave_out(self, step: Step, exchange: Exchange) -> None:
        self.slow[step.label] = max(exchange.service_s, self.slow.get(step.label, 0.0))


def _pattern(place: Place) -> str:
    return url_pattern(place.path) if place.path else place.pattern


def _once_only(form: Form) -> bool:
    """Whether a hidden field looks like a key made for this one sending."""
    return any(field.kind == "hidden" and re.fullmatch(r"(?=.*\d)[\w.-]{8,}", field.value) for field in form.fields)


def _accepted(outcome: Outcome) -> bool:
    return outcome.exchange is not None and 0 < outcome.exchange.status < 400


def _why(outcome: Outcome) -> str:
    return outcome.exchange.outcome if outcome.exchange is not None else outcome.missing


def _json(exchange: Exchange) -> object:
    try:
        return json.loads(exchange.body)
    except ValueError:
        return None


def _token(exchange: Exchange) -> str | None:
    """Where an answer hands out what later calls prove themselves with."""
    value = _json(exchange)
    found = [key for key in openapi.TOKENS if isinstance(value, dict) and isinstance(value.get(key), str)]
    return found[0] if found else None


def _identifier(exchange: Exchange) -> str | None:
    """Where the new thing's id stands in the answer."""
    value = _json(exchange)
    return next(_identifiers(value), None)


def _identifiers(value: object, trail: str = "") -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for key in ("id", "_id", "uuid", "key", "slug", "code", "token"):
        if isinstance(value.get(key), str | int):
            yield f"{trail}{key}"
    for key, inner in value.items():
        if str(key).endswith(("_id", "Id")) and isinstance(inner, str | int):
            yield f"{trail}{key}"
        elif isinstance(inner, dict):
            yield from _identifiers(inner, f"{trail}{key}.")
