"""The lines of a build beside the buildpacks' own."""

import pytest

from minipaas.build.words import process_types, size, stored, using


def test_types_without_defaults_are_as_heroku_prints_them() -> None:
    assert process_types(["worker", "web"], []) == (
        "-----> Discovering process types\n       Procfile declares types -> web, worker\n\n"
    )


def test_arrows_are_aligned_when_there_are_defaults() -> None:
    assert process_types([], ["release"]) == (
        "-----> Discovering process types\n"
        "       Procfile declares types     -> (none)\n"
        "       Default types for buildpack -> release\n\n"
    )


def test_no_types_at_all() -> None:
    assert "Procfile declares types -> (none)" in process_types([], [])


def test_buildpacks_are_announced_as_heroku_does() -> None:
    assert using(()) == "-----> Determining which buildpack to use for this app\n"
    assert using(("heroku/python",)) == "-----> Using buildpack: heroku/python\n"
    assert using(("a", "b")) == "-----> Using buildpacks:\n       1. a\n       2. b\n"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0B"),
        (512, "512B"),
        (1536, "1.5K"),
        (1024 * 1024 - 1, "1024.0K"),
        (45_822_771, "43.7M"),
        (3 << 30, "3.0G"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text
    assert stored(count).endswith(f"       Done: {text}\n")
