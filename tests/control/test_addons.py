"""What an app's files ask for in add-ons, as far as it needs no server."""

import random
from pathlib import Path

import pytest

from minipaas.addons.provider import Addons
from minipaas.addons.search import Programs
from minipaas.clock import SystemClock
from minipaas.control.addons import AppAddons, Provided, attachments, overruled, provide
from minipaas.errors import UsageProblem
from minipaas.model.addon import Addon
from minipaas.model.app import AddonWish
from minipaas.model.attaching import make_addon


def some(*plans: str) -> tuple[list[Addon], dict[str, str]]:
    addons: list[Addon] = []
    for plan in plans:
        addons.append(make_addon("notes", AddonWish(plan), addons, [], random.Random(1), 7.0))
    return addons, {name: f"{addon.name}/url" for addon in addons for name in addon.config_vars("notes")}


def test_each_new_addon_is_a_release_with_all_before_it() -> None:
    addons, urls = some("postgres", "redis")
    steps = list(attachments("notes", {"A": "1"}, addons, urls))
    colour = addons[0].attachments[1].name
    assert [text for text, _ in steps] == [
        f"Attach DATABASE, {colour} (@ref:{addons[0].name})",
        f"Attach REDIS (@ref:{addons[1].name})",
    ]
    assert steps[0][1].keys() == {"A", "DATABASE_URL", f"{colour}_URL"}
    assert steps[1][1] == {"A": "1", **urls}


def test_an_addon_that_is_attached_makes_no_release_also_when_its_url_changed() -> None:
    addons, urls = some("postgres", "redis")
    assert list(attachments("notes", urls, addons, urls)) == []
    assert list(attachments("notes", dict.fromkeys(urls, "old"), addons, urls)) == []


def test_a_value_that_gives_way_to_an_addon_is_told_once() -> None:
    given = [{"DATABASE_URL": "mine", "A": "1"}, {"DATABASE_URL": "mine too"}, {"REDIS_URL": "same"}]
    (told,) = overruled(given, {"DATABASE_URL": "addon", "REDIS_URL": "same"})
    assert told.startswith("DATABASE_URL is set by an add-on")


@pytest.fixture
def bare(tmp_path: Path) -> Addons:
    """On a machine with no server installed."""
    programs = Programs(path="", debian=tmp_path, package=lambda _name: None)
    return Addons(tmp_path / "addons", SystemClock(), random.Random(1), lambda *_: lambda _: None, programs=programs)


async def test_what_cannot_be_had_is_a_warning_that_says_what_to_do(bare: Addons, tmp_path: Path) -> None:
    wishes = [AddonWish("papertrail:choklad"), AddonWish("heroku-postgresql:mini"), AddonWish("redis", alias="1")]
    told = (await provide(bare, "notes", wishes)).warnings
    assert [line.partition(":")[0] for line in told] == [
        "app.json asks for the add-on papertrail",
        "app.json asks for the add-on heroku-postgresql",
        "app.json asks for the add-on redis",
    ]
    assert "there are heroku-postgresql, heroku-redis, bucket" in told[0]
    assert "apt-get install postgresql" in told[1]
    assert "pip install 'minipaas[addons]'" in told[1]
    assert all(line.endswith("; notes runs without it") for line in told)
    assert bare.config("notes") == {}
    assert not (tmp_path / "addons").exists()


async def test_an_app_without_addons_loads_nothing_of_theirs(tmp_path: Path) -> None:
    def make() -> Addons:
        raise AssertionError("loaded")

    addons = AppAddons(tmp_path / "addons", make)
    await addons.sweep()
    assert await addons.provide("notes", []) == Provided()
    await addons.close()


async def test_one_name_for_two_is_an_error(tmp_path: Path) -> None:
    addons = Addons(tmp_path / "addons", SystemClock(), random.Random(1), lambda *_: lambda _: None)
    wishes = [AddonWish("redis", alias="CACHE"), AddonWish("postgres", alias="cache")]
    with pytest.raises(UsageProblem, match="cannot attach heroku-postgresql as CACHE"):
        await provide(addons, "notes", wishes)
    assert addons.addons("notes") == ()
