"""Heroku's app.json."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.limits import DYNOS_PER_APP
from minipaas.model.app import AddonWish, AppJson, EnvWish, FormationEntry
from minipaas.model.dyno import SIZES
from minipaas.parse.app_json import parse_app_json
from tests.parse.strangers import anything, near

WHOLE = """{
  "$schema": "https://example.org/schema.json",
  "name": "Start on Heroku: Python",
  "description": "A small app", "keywords": ["python"], "stack": "heroku-24", "image": "heroku/python",
  "website": "https://example.org", "repository": "https://example.org/git", "logo": "https://example.org/l.svg",
  "success_url": "/welcome",
  "env": {
    "PLAIN": "text",
    "SECRET_KEY": {"description": "for cookies", "generator": "secret"},
    "OPTIONAL": {"required": false, "value": null},
    "lower_case": {"value": ""}
  },
  "formation": {"web": {"quantity": 2}, "worker": {"quantity": 0, "size": "Standard-2X"}},
  "addons": ["heroku-postgresql", {"plan": "heroku-redis:mini", "as": "CACHE", "options": {"version": "7"}}],
  "buildpacks": [{"url": "heroku/nodejs"}, {"url": "https://example.org/pack.git#v2"}],
  "scripts": {"postdeploy": "python seed.py"},
  "environments": {"test": {"scripts": {"test": "pytest"}}, "review": {}, "production": {}}
}"""


def test_every_part_of_a_whole_file_is_read() -> None:
    assert parse_app_json(WHOLE) == AppJson(
        name="Start on Heroku: Python",
        env={
            "PLAIN": EnvWish(value="text"),
            "SECRET_KEY": EnvWish(description="for cookies", generator="secret"),
            "OPTIONAL": EnvWish(required=False),
            "lower_case": EnvWish(value=""),
        },
        formation={"web": FormationEntry(2), "worker": FormationEntry(0, SIZES["standard-2x"])},
        addons=(AddonWish("heroku-postgresql"), AddonWish("heroku-redis:mini", "CACHE", {"version": "7"})),
        buildpacks=("heroku/nodejs", "https://example.org/pack.git#v2"),
        scripts={"postdeploy": "python seed.py"},
    )


def test_an_empty_object_asks_for_nothing() -> None:
    assert parse_app_json("{}") == AppJson()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "app.json:1: not JSON at column 1: expecting value", None),
        (
            "{\n'a': 1}",
            "app.json:2: not JSON at column 1: expecting property name enclosed in double quotes",
            "quotes",
        ),
        ('{"env": {}\n// why\n}', "app.json:2: not JSON at column 1: expecting ',' delimiter", "comments"),
        ('{"a": NaN}', "app.json:1: `NaN` is no number to work with", None),
        ("{}{}", "app.json:1: not JSON at column 3: extra data", None),
        ("\ufeff{}", "app.json:1: not JSON: it begins with a byte order mark", "without BOM"),
        ("[]", "app.json:1: the file must be a map, not a list", None),
        ('"x"', "app.json:1: the file must be a map, not text", None),
        ('{\n"env":\n[]}', "app.json:2: `env` must be a map, not a list", None),
        ('{"env": {\n"A": 3}}', "app.json:2: `env.A` must be text, not a number", "double quotes"),
        ('{"env": {"A": true}}', "app.json:1: `env.A` must be text, not true or false", "double quotes"),
        ('{"env": {"A": null}}', "app.json:1: `env.A` must be text, not nothing", None),
        ('{"env": {"A": {\n\n"value": 1}}}', "app.json:3: `env.A.value` must be text, not a number", "double quotes"),
        ('{"env": {"A": {"valeu": "x"}}}', "app.json:1: unknown key `valeu`", "did you mean `value`?"),
        ('{"env": {"A": {"required": "yes"}}}', "app.json:1: `env.A.required` must be true or false, not text", None),
        ('{"env": {"A": {"generator": "uuid"}}}', "app.json:1: unknown generator `uuid`", "the only one is `secret`"),
        ('{"env": {"A-B": "x"}}', "app.json:1: `A-B` cannot be the name of a config var", "A-Z"),
        ('{"env": {"A": "x\\u0000"}}', "app.json:1: `x\\x00` holds a character no program can be given", None),
        ('{"scripts": {"x": "\\ud800"}}', "app.json:1: `\\ud800` holds a character no program can be given", None),
        ('{"formation": {"web": 2}}', "app.json:1: `formation.web` must be a map, not a number", None),
        ('{"formation": {"web": {}}}', "app.json:1: `formation.web` needs a `quantity`", None),
        ('{"formation": {"a b": {}}}', "app.json:1: `a b` cannot be the name of a process type", None),
        (
            '{"formation": {"web": {"quantity": "2"}}}',
            "app.json:1: `formation.web.quantity` must be a whole number, not text",
            None,
        ),
        (
            '{"formation": {"web": {"quantity": true}}}',
            "app.json:1: `formation.web.quantity` must be a whole number, not true or false",
            None,
        ),
        (
            '{"formation": {"web": {"quantity": -1}}}',
            f"app.json:1: `formation.web.quantity` must be 0 to {DYNOS_PER_APP}",
            None,
        ),
        (
            '{"formation": {"web": {"quantity": 1, "size": "huge"}}}',
            "app.json:1: unknown dyno size `huge`",
            f"sizes: {', '.join(SIZES)}",
        ),
        ('{"addons": {}}', "app.json:1: `addons` must be a list, not a map", None),
        ('{"addons": ["a",\n5]}', "app.json:2: `addons[1]` must be a map, not a number", None),
        ('{"addons": [{"as": "DB"}]}', "app.json:1: `addons[0]` needs a `plan`", None),
        ('{"addons": [""]}', "app.json:1: `addons[0]` is empty", "SERVICE:PLAN"),
        (
            '{"buildpacks": ["heroku/python"]}',
            "app.json:1: `buildpacks[0]` must be a map, not text",
            'write {"url": "heroku/python"}',
        ),
        ('{"buildpacks": [{}]}', "app.json:1: `buildpacks[0]` needs a `url`", None),
        ('{"scripts": {"postdeploy": ["x"]}}', "app.json:1: `scripts.postdeploy` must be text, not a list", None),
        ('{"environments": {"test": 1}}', "app.json:1: `environments.test` must be a map, not a number", None),
        ('{"name": 5}', "app.json:1: `name` must be text, not a number", None),
        ("[" * 30 + "]" * 30, "app.json:1: nested too deeply", None),
        ("[" * 100_000, "app.json: nested too deeply", None),
    ],
)
def test_a_fault_has_its_line(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(FileProblem) as caught:
        parse_app_json(text)
    assert caught.value.message == message
    assert caught.value.hint is None if hint is None else hint in str(caught.value.hint)


@pytest.mark.parametrize("text", ['{"a": 1,}', '{"a": [1,]}', '{"a": 1, \n}'])
def test_a_comma_before_a_closing_bracket_is_explained(text: str) -> None:
    with pytest.raises(FileProblem) as caught:
        parse_app_json(text)
    assert caught.value.hint == "JSON takes no comma before a closing bracket"


def test_a_number_of_five_thousand_digits_is_a_fault_with_its_line() -> None:
    with pytest.raises(FileProblem, match=r"^app\.json:2: `1{60}…` is no number to work with$"):
        parse_app_json('{"formation": {"web": {\n"quantity": ' + "1" * 5000 + "}}}")


def test_all_faults_are_told_at_once_the_first_in_the_file_first() -> None:
    with pytest.raises(FileProblem) as caught:
        parse_app_json(
            '{\n"scripts": {"a": 1},\n"env": {"A": {"x": 1}},\n"formation": {"web": {"quantity": 1, "size": "q"}}}'
        )
    assert caught.value.message == "app.json:2: `scripts.a` must be text, not a number"
    assert [note.split(" (")[0] for note in caught.value.__notes__] == [
        "app.json:3: unknown key `x`",
        "app.json:4: unknown dyno size `q`",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"buildpack": []}', "app.json:2: unknown key `buildpack` is not read: did you mean `buildpacks`?"),
        ('{"healthchecks": {}}', "app.json:1: unknown key `healthchecks` is not read"),
        (
            '{"environments": {"tset": {}}}',
            "app.json:1: unknown environment `tset`; Heroku knows test, review, production",
        ),
        ('{"env": {},\n"env": {}}', "app.json:2: `env` stands on line 1 too; this one counts"),
        ('{"formation": {"web": {"quantity": 1, "size": "free"}}}', "app.json:1: size `free` runs as Eco here"),
        (
            '{"formation": {"web": {"quantity": 1, "size": "Private-M"}}}',
            "app.json:1: size `Private-M` runs as Performance-M here",
        ),
    ],
)
def test_what_is_not_read_as_written_is_said(text: str, said: str) -> None:
    assert [str(warning) for warning in parse_app_json(text).warnings] == [said]


def test_messages_name_the_path_given() -> None:
    with pytest.raises(FileProblem, match=r"^shop/app\.json:1: "):
        parse_app_json("[]", "shop/app.json")


KEYS = ("name", "env", "formation", "addons", "buildpacks", "scripts", "environments")
INNER_KEYS = ("web", "quantity", "size", "url", "plan", "as", "options", "value", "required")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from((*KEYS, *INNER_KEYS)) | st.text(), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(
    anything
    | near(
        "{",
        "}",
        "[",
        "]",
        '"',
        ",",
        ":",
        '"env"',
        '"formation"',
        '"web"',
        '{"quantity": 1}',
        "1",
        "null",
        "\\u0000",
        "\n",
    )
    | json_values.map(json.dumps)
)
def test_any_text_gives_a_model_or_a_file_problem(text: str) -> None:
    with suppress(FileProblem):
        assert isinstance(parse_app_json(text), AppJson)


env_names = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
values = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.dictionaries(env_names, values), st.booleans())
def test_what_is_written_is_read(env: dict[str, str], plain: bool) -> None:
    text = json.dumps({"env": env if plain else {name: {"value": value} for name, value in env.items()}}, indent=1)
    assert parse_app_json(text).env == {name: EnvWish(value=value) for name, value in env.items()}


@given(st.lists(values, max_size=6), st.sampled_from([None, 2]))
def test_the_line_is_that_of_the_key_whatever_stands_before(before: list[str], indent: int | None) -> None:
    text = json.dumps({"keywords": before, "name": 5}, indent=indent)
    with pytest.raises(FileProblem) as caught:
        parse_app_json(text)
    assert caught.value.line == next(n for n, line in enumerate(text.split("\n"), 1) if '"name": 5' in line)
