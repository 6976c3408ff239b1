"""What bin/release says, and the process types that come of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.build.released import Released, merge, parse_release
from minipaas.errors import BuildFailed

NODE = """---
addons: []
default_process_types:
  web: npm start
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Released()),
        ("--- {}\n", Released()),
        (NODE, Released({"web": "npm start"}, ())),
        ("addons:\n- heroku-postgresql\n", Released({}, ("heroku-postgresql",))),
        ("default_process_types:\naddons:\n", Released()),
        ("config_vars:\n  PATH: /x\n", Released()),
    ],
)
def test_yaml_as_heroku_takes_it(text: str, expected: Released) -> None:
    assert parse_release(text, "x") == expected


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("web: [", "no YAML"),
        ("just words", "no mapping"),
        ("- a\n", "no mapping"),
        ("default_process_types: [web]", "does not map names to commands"),
        ("default_process_types: {web: 1}", "does not map names to commands"),
        ("addons: heroku-postgresql", "no list of names"),
        ("a: " + "[" * 5000, "no YAML"),
        ("x" * 70000, "no YAML"),
        ("!!python/object/apply:os.system [id]", "no YAML"),
    ],
)
def test_anything_else_fails_the_build_and_names_the_buildpack(text: str, cause: str) -> None:
    with pytest.raises(BuildFailed, match=f"cannot read what bin/release of ruby printed: .*{cause}"):
        parse_release(text, "ruby")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_output_is_read_or_fails_the_build(text: str) -> None:
    try:
        parse_release(text, "x")
    except BuildFailed:
        return


def test_the_procfile_wins_and_defaults_are_added_behind_it() -> None:
    types, added = merge({"worker": "work", "web": "mine"}, {"web": "npm start", "console": "irb"})
    assert list(types.items()) == [("worker", "work"), ("web", "mine"), ("console", "irb")]
    assert added == ("console",)
