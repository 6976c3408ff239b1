"""A scenario as steps of a plan: unique values get their markers, captured ones keep their place. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from typing import Any

from minipaas.chaos.forms import is_risky_link
from minipaas.chaos.markers import Marker, number_marker, picture, text_marker
from minipaas.chaos.picks import GOT
from minipaas.chaos.plan import SAFE, Call
from minipaas.model.scenario import Expect, Scenario, ScenarioStep, Unique, Upload
from minipaas.parse.scenario import USE

_PASSWORD = re.compile(r"passw|passphrase|pwd", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """A unique value: what is typed, and the marker by which it is known again."""

    typed: str
    marker: Marker


def unique_values(scenario: Scenario, serial: int) -> dict[str, Value]:
    """A value for each name.

    Args:
        serial: a number no marker of this run was made from; as many after it are used.
    """
    return {name: _value(kind, serial + at) for at, (name, kind) in enumerate(scenario.unique.items())}


def _value(kind: Unique, serial: int) -> Value:
    marker = text_marker(serial)
    if kind is Unique.NUMBER:
        number = number_marker(serial)
        assert number is not None
        return Value(number.token, number)
    if kind is Unique.EMAIL:
        return Value(f"{marker.token}@example.com", marker)
    return Value(f"https://example.com/{marker.token}" if kind is Unique.URL else marker.token, marker)


def scenario_steps(
    scenario: Scenario, values: Mapping[str, Value], contents: Mapping[str, bytes]
) -> tuple[tuple[Call, int], ...]:
    """Each step with its line in the file; one that says what is still there stands twice.

    Args:
        contents: of the files that uploads name by `path`.
    """
    maker = _Maker(values, contents)
    steps: list[tuple[Call, int]] = []
    for told in scenario.steps:
        step = maker.call(told)
        steps += [(step, told.line)] * (2 if _asked_twice(step) else 1)
    return tuple(steps)


def _asked_twice(step: Call) -> bool:
    return step.method in SAFE and step.expects is not None and bool(step.expects.still)


class _Maker:
    def __init__(self, values: Mapping[str, Value], contents: Mapping[str, bytes]) -> None:
        self._values = values
        self._contents = contents
        self._seen: set[Marker] = set()

    def call(self, told: ScenarioStep) -> Call:
        path = told.path
        files = tuple((field, self._file(field, upload)) for field, upload in told.files.items())
        form = {self._text(name): self._text(value) for name, value in (told.form or {}).items()}
        markers, near = self._markers(told)
        step = Call(
            client=told.user,
            method=told.method,
            path=self._text(path),
            body=self._json(told.json) if told.json is not None else (form or None),
            headers={name: self._text(value) for name, value in told.headers.items()},
            captures={f"{GOT}{name}": pick for name, pick in told.capture.items()},
            form=told.form is not None or bool(files),
            text=self._text(told.body) if told.body is not None else None,
            files=files,
            expects=self._expect(told.expect),
            pattern=path,
            session=_is_session(told) if told.session is None else told.session,
            destructive=told.method == "DELETE" or (told.method not in SAFE and is_risky_link("", f"x://{path}")),
            markers=markers,
            near=near,
        )
        self._seen |= set(step.markers)
        return step

    def _markers(self, told: ScenarioStep) -> tuple[tuple[Marker, ...], tuple[Marker, ...]]:
        """What it brings in, and what it mentions of what is there."""
        sent = [told.path, told.headers, told.form, told.json, told.body]
        sent += [(each.content, each.picture, each.tail, each.name) for each in told.files.values()]
        named = dict.fromkeys(name for each in sent for name in _uses(each) if name in self._values)
        markers = [self._values[name].marker for name in named]
        new = () if told.method in SAFE else tuple(each for each in markers if each not in self._seen)
        return new, tuple(each for each in markers if each in self._seen)

    def _text(self, text: str) -> str:
        def put(found: re.Match[str]) -> str:
            if found[1]:
                return found[0][1:]
            return self._values[found[2]].typed if found[2] in self._values else f"{{{GOT}{found[2]}}}"

        return USE.sub(put, text)

    def _json(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._text(key): self._json(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._json(each) for each in value]
        if not isinstance(value, str):
            return value
        whole = USE.fullmatch(value)
        if whole and not whole[1] and whole[2] in self._values and self._values[whole[2]].marker.is_number:
            return int(self._values[whole[2]].typed)
        return self._text(value)

    def _file(self, field: str, upload: Upload) -> tuple[str, bytes, str]:
        if upload.picture:
            marker = self._values[upload.picture[2:-1]].marker
            return self._text(upload.name) or f"{field}.png", picture(marker), upload.type or "image/png"
        content = self._contents[upload.path] if upload.path else self._text(upload.content).encode()
        name = self._text(upload.name) or (upload.path.rpartition("/")[2] if upload.path else f"{field}.txt")
        kind = upload.type or guess_type(name)[0] or "application/octet-stream"
        return name, content + self._text(upload.tail).encode(), kind

    def _expect(self, expect: Expect | None) -> Expect | None:
        if expect is None:
            return None
        return Expect(
            status=expect.status,
            contains=tuple(map(self._text, expect.contains)),
            not_contains=tuple(map(self._text, expect.not_contains)),
            still=tuple(map(self._text, expect.still)),
        )


def _is_session(told: ScenarioStep) -> bool:
    names = [*(told.form or {}), *(told.json if isinstance(told.json, Mapping) else {})]
    return told.method not in SAFE and any(_PASSWORD.search(name) for name in names)


def _uses(value: Any) -> Iterator[str]:
    """The names that `${name}` stands for anywhere in a value."""
    if isinstance(value, str):
        yield from (name for escaped, name in USE.findall(value) if not escaped)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from (*_uses(key), *_uses(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _uses(each)
