"""Config vars as they are typed: which may be, and what a change of them makes."""

import pytest

from minipaas.control.config import compose_config, describe_change
from minipaas.errors import FileProblem, UsageProblem
from minipaas.model.app import AppJson, EnvWish
from minipaas.parse.config_vars import applied, check, parse_assignments


def test_assignments_keep_what_stands_after_the_first_equals_sign() -> None:
    assert parse_assignments(["A=1", "B=x=y z", "C=", "A=2"]) == {"A": "2", "B": "x=y z", "C": ""}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "none is given"),
        (["FOO"], "FOO is invalid: must be in the format FOO=bar"),
        (["se cret"], r"se \.\.\. is invalid"),
        (["FOO-BAR=1"], "`FOO-BAR` cannot be the name of a config var"),
        (["1A=1"], "cannot be the name"),
        (["=1"], "cannot be the name"),
        (["__A=1"], "begins with two underscores"),
        (["A=x\0"], "the value of A holds a character no program can be given"),
    ],
)
def test_a_wrong_assignment_is_told_without_its_value(words: list[str], told: str) -> None:
    with pytest.raises(UsageProblem, match=told):
        parse_assignments(words)


@pytest.mark.parametrize("value", [1, True, ["x"], {"a": 1}])
def test_a_value_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(UsageProblem, match="the value of A must be text"):
        check({"A": value})


def test_null_unsets_and_the_order_stays() -> None:
    assert list(applied({"A": "1", "B": "2", "C": "3"}, {"B": None, "A": "9", "D": "4", "E": None}, ()).items()) == [
        ("A", "9"),
        ("C", "3"),
        ("D", "4"),
    ]


def test_what_an_add_on_sets_can_be_neither_set_nor_unset() -> None:
    current = {"DATABASE_URL": "p"}
    for value in ("x", None):
        with pytest.raises(UsageProblem, match="cannot overwrite attachment values DATABASE_URL"):
            applied(current, {"DATABASE_URL": value}, ["DATABASE_URL"])
    assert applied(current, {"DATABASE_URL": "p"}, ["DATABASE_URL"]) == current


def test_32_kb_together_are_enough() -> None:
    most = {"A": "x" * (32 * 1024 - 1)}
    assert applied({}, {**most}, ()) == most
    with pytest.raises(UsageProblem, match="would take 32769 bytes together, Heroku's limit is 32768"):
        applied(most, {"A": "x" * (32 * 1024)}, ())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, None),
        ({"A": "1"}, {"A": "1"}, None),
        ({}, {"A": "1", "B": "2"}, "Set A, B config vars"),
        ({"A": "1", "B": "2"}, {"A": "1"}, "Remove B config vars"),
        ({"A": "1", "B": "2"}, {"A": "2"}, "Set A, remove B config vars"),
    ],
)
def test_a_change_is_described_in_herokus_words(
    before: dict[str, str], after: dict[str, str], told: str | None
) -> None:
    assert describe_change(before, after) == told


def test_what_a_command_set_or_unset_wins_over_all_files() -> None:
    app_json = AppJson(env={"GONE": EnvWish(), "A": EnvWish(value="json"), "S": EnvWish(generator="secret")})
    given = ({"A": "dotenv", "GONE": "dotenv", "B": "dotenv"}, {"A": "yml"})
    composed = compose_config({"A": "command"}, app_json, given, lambda name: f"secret {name}", ("A", "GONE"))
    assert composed == {"A": "command", "S": "secret S", "B": "dotenv"}


def test_without_a_command_the_later_file_wins_and_what_is_required_is_asked_for() -> None:
    app_json = AppJson(env={"A": EnvWish(value="json")})
    assert compose_config({}, app_json, ({"A": "dotenv"}, {"A": "yml"}), str) == {"A": "yml"}
    with pytest.raises(FileProblem, match="requires config vars that are not set: GONE"):
        compose_config({}, AppJson(env={"GONE": EnvWish()}), (), str)
