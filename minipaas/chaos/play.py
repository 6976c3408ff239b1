"""Plays a plan, or some of its steps, against the dynos of one trial."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from minipaas.chaos.ears import Ears
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import Exchange, History
from minipaas.chaos.markers import Marker
from minipaas.chaos.page import Field, Form, Link, Page, like, url_pattern
from minipaas.chaos.picks import first_unmet, picked, said_name
from minipaas.chaos.plan import Call, Entry, Place, Plan, Press, Step, Submit, Tell, Visit, press_of, writes
from minipaas.chaos.trial import Phase
from minipaas.chaos.user import User
from minipaas.model.scenario import Expect

_CAPTURE = re.compile(r"\{([A-Za-z_]\w*)\}")
_CAPTURE_BYTES = re.compile(rb"\{([A-Za-z_]\w*)\}")

#: Between two looks at a page that is to show something soon.
_LOOK_AGAIN_S = 0.25

#: Fields by name, and files by field as (name, content, type).
Filled = tuple[dict[str, list[str]], list[tuple[str, tuple[str, bytes, str]]] | None]


class _NotThere(Exception):
    """The page does not offer what the step takes; the message is told as evidence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended: the last answer and the page it holds, or what was missing."""

    exchange: Exchange | None
    page: Page | None
    missing: str = ""


async def play(plan: Plan, fleet: Fleet, steps: Sequence[int] | None = None, *, timeout_s: float = 35.0) -> History:
    """Do the steps in order, as their users would.

    Args:
        steps: indices into the plan; None plays all that are quick.

    Raises:
        NotUp: a dyno that replaces another does not come up.
    """
    history = History(fleet.trial.name)
    player = Player(plan.host, fleet, history, timeout_s=timeout_s)
    try:
        for index in steps if steps is not None else plan.quick:
            await player.do(index, plan.steps[index])
    finally:
        await player.close()
    history.faults = fleet.faults
    history.files = fleet.inspect()
    return history


class Player:
    """Does steps; the users it makes for them keep their cookies from step to step."""

    def __init__(self, host: str, fleet: Fleet, history: History, *, timeout_s: float) -> None:
        self._host = host
        self._fleet = fleet
        self._history = history
        self._timeout_s = timeout_s
        self._users: dict[str, User] = {}
        self._captured: dict[str, Any] = {}
        self._landings: dict[int, str] = {}
        #: By step that sent a form, the page it ended with, and the links that its user had seen before.
        self._shown: dict[int, tuple[Page, frozenset[str]]] = {}
        self._sent: dict[tuple[str, str], tuple[Form, Filled]] = {}
        self._current: Step | None = None

    async def do(self, index: int, step: Step) -> Outcome:
        """Do one step, which is number `index` of its plan."""
        self._current = step
        user = self._user(step.client)
        user.begin(index)
        if press_of(step) is Press.STILL:
            await self._fleet.pause()
        try:
            outcome = Outcome(*await self._act(user, step))
        except _NotThere as missing:
            self._history.missing[index] = str(missing)
            outcome = Outcome(None, None, str(missing))
        except (httpx.InvalidURL, UnicodeError) as bad:
            # A value taken from an answer that cannot stand where it was put.
            self._history.missing[index] = f"no request can be made: {bad}"
            outcome = Outcome(None, None, self._history.missing[index])
        await self._reach(Phase.AFTER_WRITE if writes(step) else Phase.AFTER_VISIT)
        return outcome

    async def _reach(self, phase: Phase) -> None:
        """Of tries in a row only the refused one is worth a fault; one while somebody listens ends the listening."""
        step = self._current
        listening = isinstance(step, Tell) and phase is not Phase.AFTER_WRITE
        if step is not None and not listening and press_of(step) not in (Press.TRY, Press.STILL):
            await self._fleet.reach(phase, step.label)

    def keep(self, name: str, value: Any) -> None:
        """Keep a value of an answer under a name that later calls may use; None where the answer had none."""
        self._captured[name] = value

    def has(self, name: str) -> bool:
        """Whether an answer gave a value to keep under that name."""
        return self._captured.get(name) is not None

    async def close(self) -> None:
        """Close all browsers."""
        for user in self._users.values():
            await user.close()

    async def _act(self, user: User, step: Step) -> tuple[Exchange, Page | None]:
        if isinstance(step, Visit):
            return await self._visit(user, step)
        if isinstance(step, Submit):
            return await self._submit(user, step)
        if isinstance(step, Tell):
            return await self._tell(user, step), None
        return await self._call(user, step)

    async def _tell(self, user: User, step: Tell) -> Exchange:
        """Who listens has a connection to every dyno: none of them may stay deaf."""
        began = self._fleet.clock.monotonic()
        async with Ears(user.connecting(), step.path, socket=step.socket) as ears:
            opened = await ears.open(self._fleet.webs)
            said = opened and await self._say(user, step, ears)
            heard = await ears.hear(step.marker, step.patience_s) if said else b""
            error = next((line.error for line in ears.lines if line.error), "") or (
                "" if said else "nothing was said"
            )
        dynos = " ".join(dyno.name for dyno in self._fleet.webs)
        took_s = self._fleet.clock.monotonic() - began
        return user.note(
            "GET", step.path, status=200 if said else 0, dyno=dynos, body=heard, took_s=took_s, error=error
        )

    async def _say(self, user: User, step: Tell, ears: Ears) -> bool:
        if step.form is not None:
            exchange, _ = await self._submit(user, step.form)
            return 0 < exchange.status < 400
        async with Ears(user.connecting(), step.path, socket=True) as mouth:
            dyno = self._fleet.next()
            said = await mouth.open([dyno]) and await mouth.say(mouth.lines[0], step.message)
            user.note("SEND", step.path, status=200 if said else 0, dyno=dyno.name)
            # Who hangs up at once may not be heard.
            await ears.hear(step.marker, step.patience_s)
        return said

    async def _visit(self, user: User, step: Visit) -> tuple[Exchange, Page | None]:
        before = len(self._history.exchanges)
        exchange, page = await user.get(await self._find(user, step.place))
        if step.until is None:
            return exchange, page
        clock, began = self._fleet.clock, self._fleet.clock.monotonic()
        while not exchange.shows(step.until) and clock.monotonic() - began < step.patience_s:
            await clock.sleep(_LOOK_AGAIN_S)
            # Only the last of several looks is written down: how many there were is chance.
            del self._history.exchanges[before:]
            user.begin(user.step)
            exchange, page = await user.get(await self._find(user, step.place))
        return exchange, page

    def _user(self, name: str) -> User:
        if name not in self._users:
            self._users[name] = User(
                name,
                self._host,
                self._fleet.next,
                self._history,
                timeout_s=self._timeout_s,
                between_hops=self._between_hops,
            )
        return self._users[name]

    async def _between_hops(self) -> None:
        step = self._current
        if step is not None and writes(step):
            await self._reach(Phase.HOP)

    async def _find(self, user: User, place: Place) -> str:
        """The URL of a place as it is now; the pages on the way are loaded."""
        if place.landing is not None and place.shown:
            return self._shown_link(place, place.landing)
        if place.landing is not None:
            if place.landing not in self._landings:
                raise _NotThere(f"the step that leads to {place.pattern} did not end")
            return self._landings[place.landing]
        if place.via is None:
            return place.path
        _, page = await user.get(await self._find(user, place.via))
        return pick_link(page, place)

    def _shown_link(self, place: Place, landing: int) -> str:
        if landing not in self._shown:
            raise _NotThere(f"the step that leads to {place.pattern} did not end with a page")
        page, known = self._shown[landing]
        if any(url_pattern(link.url) == place.pattern for link in page.links):
            return pick_link(page, place)
        fresh = [link for link in page.links if link.url not in known and like(link.url, place.pattern)]
        return _picked(fresh, place)

    async def _submit(self, user: User, step: Submit) -> tuple[Exchange, Page | None]:
        form, (data, files) = await self._filled_form(user, step)
        known = set(user.links)
        exchange, landed = await user.send(
            form.method, form.action, data=data, files=files, headers=dict(form.headers)
        )
        if exchange.status:
            self._landings[user.step] = exchange.path
        if landed is not None:
            self._shown[user.step] = landed, frozenset(known)
        return exchange, landed

    async def _filled_form(self, user: User, step: Submit) -> tuple[Form, Filled]:
        name = step.client, step.form_key
        if step.again:
            if name not in self._sent:
                raise _NotThere(f"`{step.caption}` was not sent before")
            return self._sent[name]
        _, page = await user.get(await self._find(user, step.place))
        form = pick_form(page, step)
        await self._reach(Phase.BEFORE_SEND)
        self._sent[name] = form, fill(form, step.entries)
        return self._sent[name]

    async def _call(self, user: User, step: Call) -> tuple[Exchange, Page | None]:
        exchange, page = await user.send(
            step.method,
            _as_text(self._filled(step.path)),
            headers={name: _as_text(self._filled(value)) for name, value in step.headers.items()},
            **self._body(step),
        )
        mine = [each for each in self._history.exchanges if each.step == user.step]
        for name, where in step.captures.items():
            self.keep(name, picked(where, mine, user.cookie(where.where)))
        if step.expects is not None:
            unmet = first_unmet(self._filled(step.expects), mine)
            if unmet is not None:
                self._history.unmet[user.step] = unmet
        return exchange, page

    def _body(self, step: Call) -> dict[str, Any]:
        """What is sent, in the words of `User.send`."""
        if step.text is not None:
            return {"content": _as_text(self._filled(step.text)).encode()}
        body = self._filled(step.body)
        if step.files:
            return {"data": body, "files": [self._filled(each) for each in step.files]}
        return {"data": body} if step.form else {"json": body}

    def _filled(self, value: Any) -> Any:
        """With `{name}` replaced by what was captured; a text that is no more than that becomes the value itself.

        Raises:
            _NotThere: the answer in which it was looked for had none.
        """
        if isinstance(value, str):
            whole = _CAPTURE.fullmatch(value)
            if whole and whole[1] in self._captured:
                return self._value(whole[1])
            return _CAPTURE.sub(self._inserted, value)
        if isinstance(value, bytes):
            return _CAPTURE_BYTES.sub(self._inserted_bytes, value)
        if isinstance(value, Mapping):
            return {key: self._filled(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._filled(each) for each in value)
        if isinstance(value, Expect):
            return self._expectation(value)
        return value

    def _expectation(self, expect: Expect) -> Expect:
        return replace(
            expect,
            contains=self._texts(expect.contains),
            not_contains=self._texts(expect.not_contains),
            still=self._texts(expect.still),
        )

    def _texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_as_text(self._filled(text)) for text in texts)

    def _inserted(self, found: re.Match[str]) -> str:
        """Braces that nobody captured anything for are a text's own."""
        return _as_text(self._value(found[1])) if found[1] in self._captured else found[0]

    def _inserted_bytes(self, found: re.Match[bytes]) -> bytes:
        name = found[1].decode()
        return _as_text(self._value(name)).encode() if name in self._captured else found[0]

    def _value(self, name: str) -> Any:
        value = self._captured[name]
        if value is None:
            raise _NotThere(f"no answer held what is captured as {said_name(name)}")
        return value


def _as_text(value: Any) -> str:
    """A captured value inside a text, as JSON would write it."""
    return value if isinstance(value, str) else json.dumps(value)


def pick_link(page: Page | None, place: Place) -> str:
    """The link that leads to a place.

    Raises:
        _NotThere: the page has no such link.
    """
    return _picked([link for link in (page.links if page else ()) if url_pattern(link.url) == place.pattern], place)


def _picked(fitting: Sequence[Link], place: Place) -> str:
    beside = [link for link in fitting if _mentions(f"{link.near} {link.text} {link.url}", place.near)]
    chosen = beside or ([] if place.near else fitting)
    if not chosen:
        what = " ".join(marker.token for marker in place.near)
        raise _NotThere(
            f"no link to {place.pattern}{f' beside {what}' if what else ''} on {place.via and place.via.name}"
        )
    return chosen[min(place.at, len(chosen) - 1)].url


def pick_form(page: Page | None, step: Submit) -> Form:
    """The form that a step sends.

    Raises:
        _NotThere: the page has no such form.
    """
    fitting = [form for form in (page.forms if page else ()) if form.key == step.form_key]
    beside = [form for form in fitting if _mentions(f"{form.near} {form.action}", step.near)]
    chosen = beside or ([] if step.near else fitting)
    if not chosen:
        what = " ".join(marker.token for marker in step.near)
        raise _NotThere(f"no form `{step.caption}`{f' beside {what}' if what else ''} on {step.place.name}")
    return next((form for form in chosen if _has_hidden(form, step.picks)), chosen[0])


def _has_hidden(form: Form, wanted: Sequence[tuple[str, str]]) -> bool:
    held = {(field.name, field.value) for field in form.fields}
    return all(each in held for each in wanted)


def _mentions(text: str, markers: Iterable[Marker]) -> bool:
    return any(marker.shown_in(text.encode()) for marker in markers)


def fill(form: Form, entries: Sequence[Entry]) -> Filled:
    """What is sent: hidden fields as they are now, the entries as planned, the button that was pressed."""
    planned = {entry.name: entry for entry in entries}
    data: dict[str, list[str]] = {}
    files: list[tuple[str, tuple[str, bytes, str]]] = []
    for field in form.fields:
        entry = planned.get(field.name)
        if field.kind == "file":
            if entry and entry.file:
                name, kind, content = entry.file
                files.append((field.name, (name, content, kind)))
            elif form.multipart:
                files.append((field.name, ("", b"", "application/octet-stream")))
        elif entry is not None and field.kind != "hidden":
            _put(data, field, entry.value)
        elif _sent_as_it_is(field):
            data.setdefault(field.name, []).append(field.value)
    if form.button:
        data[form.button[0]] = [form.button[1]]
    return data, files or ([] if form.multipart else None)


def _put(data: dict[str, list[str]], field: Field, value: str) -> None:
    if field.kind in ("checkbox", "radio") and field.value != value:
        return
    data[field.name] = [value]


def _sent_as_it_is(field: Field) -> bool:
    return field.kind not in ("checkbox", "radio") or field.checked
