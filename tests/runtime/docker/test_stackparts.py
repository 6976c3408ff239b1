"""What a stack is made of, and from where."""

from pathlib import Path

import pytest

from minipaas.errors import Missing
from minipaas.runtime.docker.stackbuild import StackFailed, check_tools, failure
from minipaas.runtime.docker.stackparts import (
    Parts,
    Source,
    distributions_own,
    mmdebstrap_words,
    read_sources,
    source_lines,
    suite_of,
)

BOOKWORM = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
MIRROR = "http://deb.debian.org/debian/"
TOLD = f"""\
{MIRROR}|bookworm|main|Debian
{MIRROR}|bookworm|contrib|Debian
{MIRROR}|bookworm-updates|main|Debian
https://download.docker.com/linux/debian/|bookworm|stable|Docker
https://deb.nodesource.com/node_20.x/|nodistro|main|. nodistro
"""


def test_only_the_distributions_own_sources_are_used() -> None:
    own = distributions_own(read_sources(TOLD), BOOKWORM)
    assert list(source_lines(own)) == [
        f"deb {MIRROR} bookworm main contrib",
        f"deb {MIRROR} bookworm-updates main",
    ]


def test_before_apt_get_update_nobody_knows_origins_and_the_releases_name_decides() -> None:
    unknown = [Source(MIRROR, "bookworm-updates", "main"), Source("https://else/", "nodistro", "main")]
    assert distributions_own(unknown, BOOKWORM) == unknown[:1]


@pytest.mark.parametrize(
    ("releases", "suite"),
    [
        (("bookworm-updates", "bookworm"), "bookworm"),
        (("stable-updates", "stable"), "stable"),
        ((), "bookworm"),
    ],
)
def test_the_release_is_the_machines_own(releases: tuple[str, ...], suite: str) -> None:
    assert suite_of([Source(MIRROR, each, "main") for each in releases], BOOKWORM) == suite


def test_a_folder_that_is_hard_to_quote_is_one_word_of_the_hooks() -> None:
    words = mmdebstrap_words("bookworm", Parts(Path("/tmp/a b")), ["ffmpeg", "git"])
    assert any("'/tmp/a b'/run.tar" in word for word in words)
    include = next(word for word in words if word.startswith("--include="))
    assert include.endswith(",ffmpeg")
    assert include.count("git") == 1
    assert words[-3:] == ["bookworm", "-", "-"]


@pytest.mark.parametrize(
    ("lines", "kind", "part"),
    [
        (
            ["Err:1 http://deb.debian.org bookworm InRelease", "E: Failed to fetch http://x Could not resolve 'x'"],
            Missing,
            "the package mirror does not answer: Failed to fetch http://x",
        ),
        (
            [
                "E: Unable to locate package nonsense",
                "E: setup failed: E: apt-get failed",
                "E: mmdebstrap failed to run",
            ],
            StackFailed,
            "cannot build a stack: mmdebstrap: Unable to locate package nonsense",
        ),
        (["I: bye"], StackFailed, "it does not say why"),
    ],
)
def test_what_mmdebstrap_says_becomes_one_line(lines: list[str], kind: type[Exception], part: str) -> None:
    error = failure(lines)
    assert type(error) is kind
    assert part in error.message


def test_without_mmdebstrap_the_line_for_apt_is_told() -> None:
    with pytest.raises(Missing) as caught:
        check_tools(find=lambda name: None if name == "mmdebstrap" else f"/usr/bin/{name}", uid=0)
    assert (caught.value.exit_code, caught.value.hint) == (4, "`sudo apt-get install mmdebstrap`")


def test_a_user_without_newuidmap_is_told_both_ways_out() -> None:
    with pytest.raises(Missing, match="needs root, or newuidmap") as caught:
        check_tools(find=lambda name: None if name == "newuidmap" else f"/usr/bin/{name}", uid=1000)
    assert "uidmap" in (caught.value.hint or "")
