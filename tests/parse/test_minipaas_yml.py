"""minipaas.yml: what it says, what it refuses, and that its example shows all of it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.limits import DYNOS_PER_APP, Limits
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import SIZES
from minipaas.model.platform_file import (
    AppEntry,
    PlatformFile,
    RouterChoice,
    Rules,
    RuntimeChoice,
    Suppression,
    url_variable,
)
from minipaas.parse.minipaas_yml import KEYS, parse_minipaas_yml
from minipaas.parse.yaml_node import MAX_CHARACTERS
from tests.parse.strangers import anything, near

EXAMPLE = (Path(__file__).parents[2] / "docs/minipaas.example.yml").read_text()
#: The places where the user chooses the keys.
FREE = {"apps": "apps.*", "apps.*.env": None, "apps.*.formation": None}


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


def test_the_example_shows_every_key_the_parser_knows_and_no_other() -> None:
    known = {(place, key) for place, keys in KEYS.items() for key in keys}
    assert set(keys_shown(yaml.safe_load(EXAMPLE))) == known


def test_the_parser_knows_every_field_of_the_model() -> None:
    assert {field.name for field in fields(Limits)} == {f"{key}_s" for key in KEYS["limits"]}
    assert {field.name for field in fields(PlatformFile)} == set(KEYS[""])
    assert {field.name for field in fields(AppEntry)} == set(KEYS["apps.*"])
    assert {field.name for field in fields(Suppression)} == set(KEYS["rules.suppress[]"])
    assert {field.name.removesuffix("_s") for field in fields(Rules)} == set(KEYS["rules"])


def test_every_key_of_the_example_stands_under_a_comment() -> None:
    lines = EXAMPLE.split("\n")
    for number, line in enumerate(lines):
        if line and not line.startswith((" ", "#")):
            assert lines[number - 1].startswith("#"), line


def test_the_example_is_read() -> None:
    shop = AppEntry(
        path="shop",
        uses=("catalog",),
        buildpacks=("nodejs",),
        env={"GREETING": "hello"},
        formation={"web": FormationEntry(2), "worker": FormationEntry(1, SIZES["standard-2x"])},
    )
    reason = "the guestbook moves to a database in spring"
    suppressed = Suppression(code="MP101", reason=reason, until=date(2027, 3, 31))
    assert parse_minipaas_yml(EXAMPLE) == PlatformFile(
        apps={"shop": shop, "catalog": AppEntry(path="services/catalog")},
        hosts=3,
        stack="heroku/heroku:24",
        rules=Rules(suppress=(suppressed,)),
    )


def test_the_defaults_the_example_names_are_the_defaults() -> None:
    shown = parse_minipaas_yml(EXAMPLE)
    assert shown.limits == Limits()
    assert (shown.rules.boot_s, shown.rules.exit_s, shown.rules.request_s, shown.rules.p95_s) == (10, 10, 5, 0.5)


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "~", "{}", "\ufeff"])
def test_a_file_that_says_nothing_changes_nothing(text: str) -> None:
    assert parse_minipaas_yml(text) == PlatformFile()


def test_values_are_read_as_written() -> None:
    env = (
        parse_minipaas_yml(
            "apps: {web: {path: ., env: {A: 3.10, B: yes, C: 012, D: 1:30, E: '', F: 2027-01-01, G: 0x1F}}}"
        )
        .apps["web"]
        .env
    )
    assert env == {"A": "3.10", "B": "yes", "C": "012", "D": "1:30", "E": "", "F": "2027-01-01", "G": "0x1F"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("500ms", 0.5), ("10s", 10), ("2m", 120), ("1h", 3600), ("3", 3), ("0.25", 0.25), ("1.5s", 1.5)],
)
def test_a_duration_is_read(written: str, seconds: float) -> None:
    assert parse_minipaas_yml(f"limits: {{first_byte: {written}}}").limits == Limits(first_byte_s=seconds)


def test_runtime_and_router_are_chosen() -> None:
    chosen = parse_minipaas_yml("runtime: process\nstack: local\nrouter: random\n")
    assert (chosen.runtime, chosen.stack, chosen.router) == (RuntimeChoice.PROCESS, "local", RouterChoice.RANDOM)


def test_an_alias_is_followed() -> None:
    apps = parse_minipaas_yml("apps:\n  a1: {path: a, env: &e {X: 1}}\n  b1: {path: b, env: *e}\n").apps
    assert apps["b1"].env == {"X": "1"}


def test_nothing_may_be_nothing_but_where_it_makes_sense() -> None:
    assert parse_minipaas_yml("limits: {quarantine: 0, cycle_jitter: 0s}").limits.quarantine_s == 0


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("hosts: 3\n\n\n\n\n\nhostz: 3", "minipaas.yml:7: unknown key `hostz`", "did you mean `hosts`?"),
        (
            "zebra: 1",
            "minipaas.yml:1: unknown key `zebra`",
            "known here: apps, hosts, runtime, stack, router, limits, rules",
        ),
        ("- 1", "minipaas.yml:1: the file must be a map, not a list", None),
        ("words", "minipaas.yml:1: the file must be a map, not text", None),
        ("hosts: 3\nhosts: 4", "minipaas.yml:2: `hosts` stands on line 1 already", None),
        ("apps:\n", "minipaas.yml:1: `apps` must be a map, not nothing", None),
        ("apps: {web: {}}", "minipaas.yml:1: `apps.web` needs a `path`", "write `path: web`"),
        ("apps: {web: {path: ''}}", "minipaas.yml:1: `apps.web.path` is empty", None),
        ("apps: {Web: {path: .}}", "minipaas.yml:1: `Web` cannot be the name of an app", "2 to 30"),
        ("apps:\n  web: {path: .,\n   pth: 1}", "minipaas.yml:3: unknown key `pth`", "did you mean `path`?"),
        ("apps: {web: {path: ., uses: web}}", "minipaas.yml:1: `apps.web.uses` must be a list, not text", None),
        ("apps: {web: {path: ., uses: [web]}}", "minipaas.yml:1: `web` uses itself", None),
        (
            "apps:\n  web: {path: ., uses:\n  [shpo]}\n  shop: {path: s}",
            "minipaas.yml:3: `web` uses `shpo`, and there is no such app here",
            "did you mean `shop`?",
        ),
        ("apps: {web: {path: ., env: {A: }}}", "minipaas.yml:1: `apps.web.env.A` has no value", 'write `""`'),
        ("apps: {web: {path: ., env: {A: [1]}}}", "minipaas.yml:1: `apps.web.env.A` must be text, not a list", None),
        ("apps: {web: {path: ., env: {A-B: 1}}}", "minipaas.yml:1: `A-B` cannot be the name of a config var", "A-Z"),
        (
            "apps: {web: {path: ., formation: {web: two}}}",
            f"minipaas.yml:1: `apps.web.formation.web` must be a quantity from 0 to {DYNOS_PER_APP}, not `two`",
            "2:standard-2x",
        ),
        (
            "apps: {web: {path: ., formation: {web: '1:huge'}}}",
            "minipaas.yml:1: unknown dyno size `huge`",
            "sizes: eco",
        ),
        (
            "apps: {web: {path: ., formation: {a b: 1}}}",
            "minipaas.yml:1: `a b` cannot be the name of a process type",
            None,
        ),
        ("hosts: 0", "minipaas.yml:1: `hosts` must be a whole number from 1 to 26, not `0`", None),
        ("hosts: 27", "minipaas.yml:1: `hosts` must be a whole number from 1 to 26, not `27`", None),
        ("hosts: 2.5", "minipaas.yml:1: `hosts` must be a whole number from 1 to 26, not `2.5`", None),
        ("hosts: ٣", "minipaas.yml:1: `hosts` must be a whole number from 1 to 26, not `٣`", None),
        ("runtime: dokcer", "minipaas.yml:1: `runtime` cannot be `dokcer`", "did you mean `docker`?"),
        ("router: lru", "minipaas.yml:1: `router` cannot be `lru`", "one of: round-robin, random"),
        ("limits: {idle: soon}", "minipaas.yml:1: `limits.idle` is no duration: `soon`", "write `500ms`"),
        ("limits: {idle: 1e999}", "minipaas.yml:1: `limits.idle` is no duration: `1e999`", "write `500ms`"),
        ("limits: {idle: .inf}", "minipaas.yml:1: `limits.idle` is no duration: `.inf`", "write `500ms`"),
        ("limits: {idle: 0}", "minipaas.yml:1: `limits.idle` must be over 0 and up to 30 days", None),
        ("limits: {quarantine: 999h}", "minipaas.yml:1: `limits.quarantine` must be up to 30 days", None),
        ("rules: {boto: 1}", "minipaas.yml:1: unknown key `boto`", "did you mean `boot`?"),
        ("rules: {suppress: [{code: MP101}]}", "minipaas.yml:1: `rules.suppress[0]` needs a `reason`", None),
        (
            "rules: {suppress: [{code: MP101, reason: ' '}]}",
            "minipaas.yml:1: `rules.suppress[0].reason` is empty",
            None,
        ),
        (
            "rules: {suppress: [{code: all, reason: x}]}",
            "minipaas.yml:1: `all` is no code of a finding",
            "they look like `MP101` or `H12`",
        ),
        (
            "rules: {suppress: [{code: H12, reason: x, until: 2027-02-30}]}",
            "minipaas.yml:1: `rules.suppress[0].until` is no date: `2027-02-30`",
            "write `2027-01-31`",
        ),
        ("a: [", "minipaas.yml:1: not YAML: expected the node content, but found '<stream end>'", None),
        ("apps:\n\tweb: x", "minipaas.yml:2: not YAML: found character '\\t' that cannot start any token", "spaces"),
        ("hosts: 3\n--- 4", "minipaas.yml:2: not YAML: but found another document", None),
        ("hosts:\n  3\x07", "minipaas.yml:2: not YAML: `\\x07` is not allowed", None),
        ("? [a]\n: b", "minipaas.yml:1: a key must be text", None),
        ("~: b", "minipaas.yml:1: a key must be text", None),
        (
            "hosts: !!python/object/apply:os.getcwd []",
            "minipaas.yml:1: the YAML tag `tag:yaml.org,2002:python/object/apply:os.getcwd` is not read here",
            None,
        ),
        ('apps: {web: {path: "\\0"}}', "minipaas.yml:1: `\\x00` holds a character no program can be given", None),
        ("&a [*a]", "minipaas.yml:1: nested too deeply", None),
        ("[" * 5000, "minipaas.yml:1: not YAML: nested too deeply", None),
        ("#" * (MAX_CHARACTERS + 1), f"minipaas.yml: longer than {MAX_CHARACTERS} characters", None),
    ],
)
def test_a_fault_has_its_line(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(FileProblem) as caught:
        parse_minipaas_yml(text)
    assert caught.value.message == message
    assert caught.value.hint is None if hint is None else hint in str(caught.value.hint)


@pytest.mark.parametrize("text", ['a: "\\UFFFFFFFF"', "%YAML 1." + "9" * 5000 + "\n--- a"])
def test_what_the_yaml_reader_itself_stumbles_over_is_a_file_problem(text: str) -> None:
    with pytest.raises(FileProblem, match="not YAML"):
        parse_minipaas_yml(text)


def test_what_the_yaml_reader_quotes_is_cut() -> None:
    with pytest.raises(FileProblem) as caught:
        parse_minipaas_yml("a: *" + "x" * 50_000)
    assert len(caught.value.message) < 300


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(FileProblem, match="holds too many values"):
        parse_minipaas_yml("\n".join(lines))


def test_all_faults_are_told_at_once_the_first_in_the_file_first() -> None:
    with pytest.raises(FileProblem) as caught:
        parse_minipaas_yml(
            "rules: {boto: 1s}\nhosts: many\napps:\n  web: {path: ., foo: 1, env: {A-B: 1}}\nhostz: 1\n"
        )
    assert caught.value.message == "minipaas.yml:1: unknown key `boto`"
    assert [note.split(" (")[0] for note in caught.value.__notes__] == [
        "minipaas.yml:2: `hosts` must be a whole number from 1 to 26, not `many`",
        "minipaas.yml:4: unknown key `foo`",
        "minipaas.yml:4: `A-B` cannot be the name of a config var",
        "minipaas.yml:5: unknown key `hostz`",
    ]


def test_the_url_of_an_app_has_a_config_var() -> None:
    assert url_variable("my-shop2") == "MY_SHOP2_URL"


pieces = near(
    *("apps", "web", "path", "uses", "env", "formation", "hosts", "limits", "rules", "suppress", "code", "<<"),
    *(
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "&a ",
        "*a",
        "? ",
        "! ",
        "!!int ",
        "|\n",
        ">-\n",
    ),
    *("'", '"', "\\", "#", "%YAML ", "---", "...", "\t", "3", "10s", "~", "\\x", "\\U", "!<", "%TAG ! x\n", "@", "`"),
)


@settings(max_examples=400)
@given(anything | pieces)
def test_any_text_gives_a_model_or_a_file_problem(text: str) -> None:
    with suppress(FileProblem):
        assert isinstance(parse_minipaas_yml(text), PlatformFile)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | anything.filter(lambda t: "\x85" not in t),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS[""], *KEYS["apps.*"]]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS[""]), plain))
def test_any_values_under_the_known_keys_give_a_model_or_a_file_problem(value: dict[str, object]) -> None:
    with suppress(FileProblem):
        parse_minipaas_yml(yaml.safe_dump(value, allow_unicode=True))


values = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), values, max_size=5))
def test_what_is_written_is_read(env: dict[str, str]) -> None:
    text = yaml.safe_dump({"apps": {"web": {"path": "x", "env": env}}})
    assert parse_minipaas_yml(text).apps["web"].env == env
