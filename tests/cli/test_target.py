"""Which apps a command is about, told by the folder it is given in."""

from pathlib import Path

import pytest

from minipaas.cli.target import meant, own

APPS = {"web": "/site/web", "search": "/site/search", "notes": "/notes", "pushed": None}


@pytest.mark.parametrize(
    ("here", "apps"),
    [
        ("/site/web", ["web"]),
        ("/site", ["web", "search"]),
        ("/", ["web", "search", "notes"]),
        ("/elsewhere", ["web", "search", "notes", "pushed"]),
        ("/sit", ["web", "search", "notes", "pushed"]),
        ("/site/web/templates", ["web", "search", "notes", "pushed"]),
    ],
)
def test_what_is_read_is_of_the_apps_of_this_folder_or_of_all(here: str, apps: list[str]) -> None:
    assert meant(APPS, Path(here)) == apps


def test_an_app_in_this_folder_goes_before_those_below() -> None:
    assert meant({"inner": "/shop/api", "shop": "/shop"}, Path("/shop")) == ["shop"]


def test_what_is_done_to_an_app_needs_it_to_be_named_or_deployed_from_here() -> None:
    assert own(APPS, Path("/site")) == []
    assert own(APPS, Path("/notes")) == ["notes"]
