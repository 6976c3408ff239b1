"""Uses an API by its OpenAPI description, or as the pages' scripts use it: creates, reads back, changes, deletes;
with a token where it gets one."""

import functools
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from minipaas.chaos import openapi
from minipaas.chaos.fetches import calls_in
from minipaas.chaos.history import Exchange
from minipaas.chaos.loaded import script_texts
from minipaas.chaos.markers import PASSWORD, Marker
from minipaas.chaos.notebook import MOST_WRITES, Notebook, accepted, why
from minipaas.chaos.page import loose_fields
from minipaas.chaos.picks import dig
from minipaas.chaos.plan import Call
from minipaas.chaos.play import Outcome
from minipaas.chaos.rush import STRANGER, WRONG, Again
from minipaas.model.scenario import Pick, PickKind

#: What is longer names nothing in a path.
_LONGEST_ID = 80


class ApiCaller:
    """Calls operations in the order a client would."""

    def __init__(self, book: Notebook) -> None:
        self._book = book
        #: What calls prove themselves with, once something was handed out.
        self._proof: dict[str, str] = {}
        #: Names in the paths of what is in a collection.
        self._names: dict[str, tuple[str, ...]] = {}
        #: What was taken, by label.
        self._taken: dict[str, tuple[openapi.Operation, Call, Outcome]] = {}

    async def call_all(self) -> None:
        """Do what a description describes; where there is none, what the pages' scripts call."""
        for path in openapi.PLACES:
            outcome = await self._book.do(Call(client=self._book.client, method="GET", path=path))
            self._book.drop()
            exchange = outcome.exchange
            if exchange is not None and exchange.status == 200 and not exchange.html:
                await self._call_all(openapi.operations(_json(exchange)))
                return
        await self._call_all(await self._by_scripts())

    async def _by_scripts(self) -> Sequence[openapi.Operation]:
        found: dict[tuple[str, str], openapi.Operation] = {}
        fields = {path: loose_fields(html) for path, html in self._book.pages.values()}
        for path, text in await script_texts(self._book):
            for operation in calls_in(text, path, fields.get(path, ())):
                found.setdefault((operation.method, operation.pattern), operation)
        return openapi.ordered(found.values())

    async def _call_all(self, operations: Sequence[openapi.Operation]) -> None:
        self._book.known_routes |= {f"{each.method} {each.pattern}" for each in operations}
        captured: dict[str, str] = {}
        self._names = {each.collection: each.parameters for each in operations if each.parameters}
        lists = [each for each in operations if each.method == "GET" and not each.parameters and not each.query]
        for operation in (each for each in operations if each.method == "POST" and self._book.writes < MOST_WRITES):
            for _ in range(1 if operation.makes_known else 2):
                await self._create(operation, captured, lists)
        for operation in operations:
            if operation.method in ("PUT", "PATCH", "DELETE") and self._book.writes < MOST_WRITES:
                await self._create(operation, captured, lists)

    async def _create(
        self, operation: openapi.Operation, captured: dict[str, str], lists: Sequence[openapi.Operation]
    ) -> None:
        if self._book.out_of_time() or f"{operation.method} {operation.path}" in self._book.slow:
            return
        path = self._path(operation, captured)
        if path is None:
            self._book.missed.append(f"{operation.method} {operation.path}: nothing to put in its path")
            return
        body, markers = self._body(operation)
        name = f"id{len(self._book.steps)}"
        step = Call(
            client=self._book.client,
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
        outcome = await self._book.do(step)
        self._book.answers.append(outcome.exchange.status or 599 if outcome.exchange is not None else 599)
        if not accepted(outcome) or outcome.exchange is None:
            self._book.drop()
            self._book.missed.append(f"{operation.method} {operation.path}: refused with {why(outcome)}")
            return
        self._book.writes += 1
        self._book.created += markers
        self._taken.setdefault(step.label, (operation, step, outcome))
        token = _token(outcome.exchange)
        where = token or _identifier(outcome.exchange, self._names.get(operation.collection, ()), markers)
        if where and operation.method == "POST":
            self._book.steps[-1] = replace(step, captures={name: Pick(PickKind.JSON, where)})
            self._book.player.keep(name, dig(outcome.exchange.body, where))
        if token:
            self._proof = {"Authorization": f"Bearer {{{name}}}"}
        elif where and operation.method == "POST" and not operation.makes_known:
            captured[operation.collection] = name
        await self._read_api(captured, lists, operation)

    def again(self) -> list[tuple[Again, tuple[Call, Outcome] | None]]:
        """Creations that can be made again and again, each with how it ended; a login without the password."""
        found: list[tuple[Again, tuple[Call, Outcome] | None]] = []
        for operation, step, outcome in self._taken.values():
            if operation.method == "POST" and operation.makes_known != 1:
                usual = None if operation.makes_known else (step, outcome)
                found.append((functools.partial(self._again, operation, step), usual))
        return found

    def _again(self, operation: openapi.Operation, step: Call) -> Call:
        if operation.makes_known:
            named = {key: WRONG if value == PASSWORD else value for key, value in step.body.items()}
            return replace(step, client=STRANGER, session=False, body=named, markers=(), captures={})
        body, markers = self._body(operation)
        return replace(step, body=body, markers=markers, captures={})

    def _body(self, operation: openapi.Operation) -> tuple[Any, tuple[Marker, ...]]:
        if operation.schema is None:
            return None, ()
        if operation.makes_known:
            return openapi.credentials(operation.schema, self._book.identity.name), (self._book.identity.name,)
        return openapi.example(operation.schema, next(self._book.serials))

    async def _read_api(
        self, captured: dict[str, str], lists: Sequence[openapi.Operation], after: openapi.Operation
    ) -> None:
        proof = self._proof
        reads = [Call(client=self._book.client, method="GET", path=each.path, headers=proof) for each in lists[:4]]
        name = captured.get(after.collection)
        if name is not None:
            one = f"{after.collection}/{{{name}}}".replace("//", "/")
            pattern = f"{after.collection}/*"
            reads.append(Call(client=self._book.client, method="GET", path=one, pattern=pattern, headers=proof))
        for _ in range(2):
            for read in [each for each in reads if self._is_worth_a_look(each)]:
                outcome = await self._book.do(read)
                exchange = outcome.exchange
                if exchange is None or exchange.status in (0, 405, 422) or not self._is_worth_a_look(read):
                    self._book.drop()
                else:
                    self._book.answers.append(exchange.status)

    def _is_worth_a_look(self, read: Call) -> bool:
        return read.label not in self._book.slow and read.path not in self._book.streams

    def _path(self, operation: openapi.Operation, captured: dict[str, str]) -> str | None:
        path = operation.path
        for parameter in operation.parameters:
            name = captured.get(operation.collection) or next(reversed(captured.values()), None)
            if name is None:
                return None
            path = path.replace(f"{{{parameter}}}", f"{{{name}}}", 1)
        return path


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


def _identifier(exchange: Exchange, names: Sequence[str], sent: Sequence[Marker]) -> str | None:
    """Where the new thing's id stands in the answer: under a name that paths use, a usual one, or all by itself."""
    value = _json(exchange)
    named = (name for name in names if isinstance(value, dict) and isinstance(value.get(name), str | int))
    return next(itertools.chain(named, _identifiers(value), _lone(value, sent)), None)


def _lone(value: object, sent: Sequence[Marker]) -> Iterator[str]:
    """The only value that was not sent."""
    plain = {key: each for key, each in value.items() if _is_plain(each)} if isinstance(value, dict) else {}
    own = [key for key, each in plain.items() if not any(marker.shown_in(str(each).encode()) for marker in sent)]
    if len(own) == 1:
        yield str(own[0])


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) < _LONGEST_ID


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
