"""Scenario files: what one says, what is refused, and that the example shows all of it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.model.scenario import Expect, Pick, PickKind, Scenario, ScenarioStep, Unique, Upload
from minipaas.parse.scenario import KEYS, MAX_STEPS, parse_scenario
from tests.parse.strangers import anything, near

EXAMPLE = (Path(__file__).parents[2] / "docs/scenario.example.yml").read_text()
#: The places where the user chooses the keys, and what is below them.
FREE = {
    "unique": None,
    "steps[].headers": None,
    "steps[].form": None,
    "steps[].json": None,
    "steps[].files": "steps[].files.*",
    "steps[].capture": "steps[].capture.*",
}


def keys_shown(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, key) of every key in the example, in the words of KEYS."""
    if isinstance(value, list):
        for item in value:
            yield from keys_shown(item, f"{place}[]")
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if place in FREE:
            yield from keys_shown(inner, FREE[place]) if FREE[place] else ()
        else:
            yield place, key
            yield from keys_shown(inner, f"{place}.{key}" if place else key)


def steps_of(text: str) -> tuple[ScenarioStep, ...]:
    return parse_scenario(text, "s.yml").steps


def fault(text: str) -> FileProblem:
    with pytest.raises(FileProblem) as raised:
        parse_scenario(text, "s.yml")
    return raised.value


def test_the_example_shows_every_key_the_parser_knows_and_no_other() -> None:
    known = {(place, key) for place, keys in KEYS.items() for key in keys}
    assert set(keys_shown(yaml.safe_load(EXAMPLE))) == known


def test_the_parser_knows_every_field_of_the_model() -> None:
    assert {field.name for field in fields(Scenario)} == set(KEYS[""])
    said = {field.name for field in fields(ScenarioStep)} - {"line", "method", "path"}
    assert said == set(KEYS["steps[]"]) - {"request"}
    assert {field.name for field in fields(Upload)} == set(KEYS["steps[].files.*"])
    assert {field.name for field in fields(Expect)} == set(KEYS["steps[].expect"])
    assert {*PickKind, "attribute"} == set(KEYS["steps[].capture.*"])


def test_the_example_is_read_and_uses_each_kind() -> None:
    scenario = parse_scenario(EXAMPLE, "scenario.yml")
    assert scenario.users == ("alice", "bob")
    assert {pick.kind for step in scenario.steps for pick in step.capture.values()} == set(PickKind)
    assert all(kind in EXAMPLE for kind in Unique)
    assert [step.line for step in scenario.steps] == sorted(step.line for step in scenario.steps)


def test_a_step_in_full() -> None:
    (step,) = steps_of(
        "unique: {title: text}\nsteps:\n"
        "  - request: POST /notes\n    json: {title: '${title}', count: 5, word: '5', on: true, no: ~, code: 0x1F}\n"
        "    capture: {id: {json: note.id}}\n    expect: {status: 201, contains: ['${id}'], still: kept}\n"
    )
    assert (step.line, step.user, step.method, step.path) == (3, "alice", "POST", "/notes")
    assert step.json == {"title": "${title}", "count": 5, "word": "5", "on": True, "no": None, "code": "0x1F"}
    assert step.capture == {"id": Pick(PickKind.JSON, "note.id")}
    assert step.expect == Expect(status=201, contains=("${id}",), still=("kept",))


def test_a_path_alone_is_a_get() -> None:
    assert [(step.method, step.path) for step in steps_of("steps: [{request: /a}]")] == [("GET", "/a")]


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("", None, "holds no steps", "docs/scenario.example.yml"),
        ("users: [bob]", 1, "has no `steps`", "under `steps:`"),
        ("steps: []", 1, "no step that can be played", None),
        ("steps:\n- request: /\n  expct: {status: 200}", 3, "unknown key `expct`", "did you mean `expect`?"),
        ("steps:\n- request: /\n  expect: {state: 200}", 3, "unknown key `state`", "did you mean `status`?"),
        ("steps:\n- user: alice", 2, "`steps[0]` needs a `request`", "POST /notes"),
        ("steps:\n- request: PSOT /a", 2, "`PSOT` is no method", "one of: GET, HEAD, POST"),
        ("steps:\n- request: GET a", 2, "must begin with `/`", None),
        ("steps:\n- request: GET /a b", 2, "must be a method and a path", None),
        ("users: [alice]\nsteps:\n- request: /\n  user: alise", 4, "no user `alise`", "did you mean `alice`?"),
        ("unique: {title: text}\nsteps:\n- request: /${titel}", 3, "`${titel}` is not known here", "title"),
        (
            "steps:\n- request: /${id}\n- request: /\n  capture: {id: {json: id}}",
            2,
            "`${id}` is not known",
            "capture it",
        ),
        ("steps:\n- request: POST /\n  form: {a: b}\n  json: {a: b}", 2, "has `form` and `json`", None),
        ("steps:\n- request: POST /\n  files: {a: {content: b}}\n  body: c", 2, "has `body` and `files`", None),
        ("steps:\n- request: GET /\n  json: {a: b}", 2, "is a GET", None),
        ("steps:\n- request: POST /\n  json:", 3, "is empty", "json: {}"),
        ("steps:\n- request: /\n  headers: {Cookie: a=b}", 3, "the header `Cookie` is not set", "capture"),
        ("steps:\n- request: /\n  headers: {'a b': c}", 3, "cannot be the name of a header", None),
        ("steps:\n- request: /\n  headers: {a: 'b\u00e9'}", 3, "one line of ASCII", None),
        ("steps:\n- request: /\n  expect: {status: 99}", 3, "from 100 to 599", None),
        ("steps:\n- request: /\n  expect: {contains: ''}", 3, "is empty", None),
        ("steps:\n- request: /\n  session: maybe", 3, "must be `true` or `false`", None),
        ("steps:\n- request: /\n  capture: {a: {json: x, css: y}}", 3, "needs one of", None),
        ("steps:\n- request: /\n  capture: {a: {json: x, attribute: y}}", 3, "goes with `css`", None),
        ("steps:\n- request: /\n  capture: {a: {regex: '('}}", 3, "no regular expression", None),
        ("steps:\n- request: /\n  capture: {a: {css: 'p['}}", 3, "no CSS selector", None),
        ("unique: {a: text}\nsteps:\n- request: /\n  capture: {a: {json: x}}", 4, "under `unique` already", None),
        ("unique: {a: words}\nsteps: [{request: /}]", 1, "cannot be `words`", "text, number, email, url"),
        ("unique: {a-b: text}\nsteps: [{request: /}]", 1, "cannot be a name", None),
        ("host: http://a\nsteps: [{request: /}]", 1, "is no host name", "without a scheme"),
        ("steps:\n- request: POST /\n  files: {a: {name: b}}", 3, "needs one of `content`", "picture"),
        ("steps:\n- request: POST /\n  files: {a: {picture: b}}", 3, "must carry one unique value", None),
        ("- request: /", 1, "must be a map", None),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int | None, message: str, hint: str | None) -> None:
    found = fault(text)
    assert (found.line, message in found.message) == (line, True), found.message
    assert hint is None or (found.hint is not None and hint in found.hint), found.hint


def test_one_reading_tells_all_faults() -> None:
    found = fault("hots: a\nsteps:\n- request: /\n  usr: bob\n- request: FETCH /\n")
    assert found.line == 1
    assert len(found.__notes__) == 2


def test_a_dollar_can_be_written() -> None:
    assert steps_of("steps: [{request: POST /, body: 'costs $${x} and $5'}]")[0].body == "costs $${x} and $5"


def test_too_many_steps_are_refused() -> None:
    assert f"more than {MAX_STEPS} steps" in fault("steps:\n" + "- request: /\n" * (MAX_STEPS + 1)).message


@settings(max_examples=150)
@given(anything | near("steps:", "\n", "- ", "request: ", "GET /", "  ", "json: ", "{", "}", "[", "${a}", "expect: "))
def test_whatever_stands_in_a_file_is_read_or_refused(text: str) -> None:
    with suppress(FileProblem):
        parse_scenario(text, "s.yml")


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | anything, lambda v: st.lists(v) | st.dictionaries(anything, v)
    )
)
def test_json_of_any_shape_is_read_or_refused(value: object) -> None:
    with suppress(FileProblem):
        parse_scenario(yaml.safe_dump({"steps": [{"request": "POST /", "json": value}]}), "s.yml")
