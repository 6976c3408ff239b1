"""What a push asks for, by the lines git gives a pre-receive hook."""

import pytest

from minipaas.parse.app_name import MADE_UP, is_app_name, made_up_name
from minipaas.parse.pushed import Pushed, read_pushed

NONE, OLD, NEW, OTHER = "0" * 40, "a" * 40, "b" * 40, "c" * 40


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ([f"{NONE} {NEW} refs/heads/main\n"], Pushed(NEW, "main")),
        ([f"{OLD} {NEW} refs/heads/master\n"], Pushed(NEW, "master")),
        ([f"{NONE} {NEW} refs/heads/dev\n"], Pushed(skipped=("dev",))),
        ([f"{NONE} {NEW} refs/heads/feature/a b\n"], Pushed(skipped=("feature/a b",))),
        ([f"{NONE} {NEW} refs/tags/main\n"], Pushed(skipped=("refs/tags/main",))),
        (
            [f"{NONE} {NEW} refs/heads/main\n", f"{NONE} {NEW} refs/tags/v1\n"],
            Pushed(NEW, "main", ("refs/tags/v1",)),
        ),
        ([f"{NONE} {NEW} refs/heads/main\n", f"{NONE} {NEW} refs/heads/master\n"], Pushed(NEW, "main")),
        ([f"{OLD} {NONE} refs/heads/dev\n"], Pushed(skipped=("dev",))),
        ([], Pushed()),
    ],
)
def test_main_and_master_are_deployed_and_all_else_is_only_taken(lines: list[str], asked: Pushed) -> None:
    assert read_pushed(lines) == asked


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([f"{OLD} {NONE} refs/heads/main\n"], "cannot delete main"),
        ([f"{NONE} {NEW} refs/heads/main\n", f"{NONE} {OTHER} refs/heads/master\n"], "main and master in one push"),
    ],
)
def test_some_pushes_are_turned_down(lines: list[str], why: str) -> None:
    assert why in read_pushed(lines).refusal


def test_made_up_names_are_names_and_differ() -> None:
    numbers = [0, 1, 89_999, 90_000, MADE_UP - 1, MADE_UP // 2]
    names = [made_up_name(number) for number in numbers]
    assert all(is_app_name(name) for name in names)
    assert len(set(names)) == len(names)
