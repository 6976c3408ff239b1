"""From a wish to an add-on with its names and config vars."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import UsageProblem
from minipaas.model.addon import Addon
from minipaas.model.addon_names import parse_addon_name, parse_alias
from minipaas.model.app import AddonWish
from minipaas.model.attaching import attach, detach, make_addon, missing_wishes, promote
from minipaas.model.service import parse_plan


def made(*wishes: AddonWish | str, seed: int = 1) -> list[Addon]:
    rng, having = random.Random(seed), []
    for wish in wishes:
        full = AddonWish(wish) if isinstance(wish, str) else wish
        having.append(make_addon("notes", full, having, [each.name for each in having], rng, 7.0))
    return having


@pytest.mark.parametrize(
    ("text", "service", "plan"),
    [
        ("heroku-postgresql:mini", "heroku-postgresql", "mini"),
        ("heroku-postgresql", "heroku-postgresql", "essential-0"),
        ("heroku-postgresql:Standard-0", "heroku-postgresql", "standard-0"),
        ("postgres", "heroku-postgresql", "essential-0"),
        ("postgresql:premium-0", "heroku-postgresql", "premium-0"),
        ("heroku-redis", "heroku-redis", "mini"),
        ("heroku-redis:premium-0", "heroku-redis", "premium-0"),
        ("heroku-key-value-store:mini", "heroku-redis", "mini"),
        ("redis", "heroku-redis", "mini"),
        (" Redis ", "heroku-redis", "mini"),
    ],
)
def test_services_go_by_several_names(text: str, service: str, plan: str) -> None:
    found, word = parse_plan(text)
    assert (found.name, word) == (service, plan)


@pytest.mark.parametrize("text", ["papertrail", "papertrail:choklad", "", ":", "heroku-postgresq1:mini", "mysql"])
def test_an_unknown_service_is_told_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageProblem) as told:
        parse_plan(text)
    assert told.value.message == f"there is no add-on service `{text.partition(':')[0]}` here"
    assert told.value.hint == "there are heroku-postgresql, heroku-redis, bucket"


@pytest.mark.parametrize("text", ["redis:", "redis: ", "redis:a b", "redis:-x", "redis:a:b"])
def test_a_plan_is_one_word(text: str) -> None:
    with pytest.raises(UsageProblem, match="names no plan"):
        parse_plan(text)


def test_the_first_database_is_attached_as_database_and_by_a_colour() -> None:
    (addon,) = made("heroku-postgresql:mini")
    assert re.fullmatch(r"postgresql-[a-z]+-[1-9]\d{4}", addon.name)
    assert addon.attachments[0].name == "DATABASE"
    first, second = addon.config_vars("notes")
    assert first == "DATABASE_URL"
    assert re.fullmatch(r"HEROKU_POSTGRESQL_[A-Z]+_URL", second)
    assert addon.plan_name == "heroku-postgresql:mini"


def test_later_databases_have_a_colour_only() -> None:
    _, second, third = made("postgres", "postgres", "postgres")
    assert len(second.config_vars("notes")) == len(third.config_vars("notes")) == 1
    assert second.config_vars("notes")[0].startswith("HEROKU_POSTGRESQL_")
    assert second.config_vars("notes") != third.config_vars("notes")


def test_the_first_redis_sets_redis_url_alone_and_later_ones_a_colour() -> None:
    first, second = made("redis", "heroku-key-value-store")
    assert first.config_vars("notes") == ("REDIS_URL",)
    assert re.fullmatch(r"HEROKU_REDIS_[A-Z]+_URL", second.config_vars("notes")[0])


def test_a_wished_name_is_the_only_one_and_leaves_the_first_place_free() -> None:
    named, plain = made(AddonWish("postgres", alias="users_db"), "postgres")
    assert named.config_vars("notes") == ("USERS_DB_URL",)
    assert plain.config_vars("notes")[0] == "DATABASE_URL"


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(UsageProblem, match="as REDIS: the name is taken"):
        made("redis", AddonWish("redis", alias="redis"))


@pytest.mark.parametrize("alias", ["", "1DB", "MY-DB", "A B", "_X", "Ä"])
def test_a_name_must_be_able_to_begin_a_config_var(alias: str) -> None:
    with pytest.raises(UsageProblem, match="cannot be attached as"):
        parse_alias(alias)


def test_when_every_colour_is_taken_a_name_must_be_given() -> None:
    with pytest.raises(UsageProblem, match="every colour is taken"):
        made(*["redis"] * 60)


def test_each_wish_is_fulfilled_once() -> None:
    wishes = [AddonWish("postgres"), AddonWish("postgres"), AddonWish("redis", alias="CACHE")]
    having = made(*wishes)
    assert missing_wishes("notes", wishes, having) == []
    assert missing_wishes("notes", [*wishes, AddonWish("postgres")], having) == [AddonWish("postgres")]
    assert missing_wishes("notes", [AddonWish("redis")], having) == [AddonWish("redis")]
    assert missing_wishes("notes", [AddonWish("redis", alias="cache")], having) == []


def test_another_plan_is_the_same_addon() -> None:
    """Heroku changes plans by a command of its own, never by app.json."""
    assert missing_wishes("notes", [AddonWish("postgres:standard-0")], made("postgres:mini")) == []


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            AddonWish,
            st.sampled_from(["postgres", "redis", "heroku-postgresql:mini"]),
            st.none() | st.sampled_from(["A", "B", "CACHE"]),
        ),
        max_size=8,
        unique_by=lambda wish: wish.alias or object(),
    ),
    st.integers(),
)
def test_no_config_var_is_set_twice_and_wishes_stay_fulfilled(wishes: list[AddonWish], seed: int) -> None:
    having = made(*wishes, seed=seed)
    variables = [var for addon in having for var in addon.config_vars("notes")]
    assert len(variables) == len(set(variables))
    assert missing_wishes("notes", wishes, having) == []
    assert made(*wishes, seed=seed) == having


def test_another_app_gets_the_first_name_that_is_free_there() -> None:
    database, cache = made("postgres", "redis")
    rng = random.Random(2)
    lent, first = attach(database, "blog", None, [], rng, 8.0)
    assert (first.app, first.name, first.config_vars) == ("blog", "DATABASE", ("DATABASE_URL",))
    again, second = attach(lent, "blog", None, [lent], rng, 8.0)
    assert second.name.startswith("HEROKU_POSTGRESQL_")
    assert again.config_vars("blog") == ("DATABASE_URL", *second.config_vars)
    assert again.config_vars("notes") == database.config_vars("notes")
    assert again.apps == ("notes", "blog")
    with pytest.raises(UsageProblem, match="as DATABASE: the name is taken"):
        attach(cache, "blog", "database", [again], rng, 8.0)


def test_an_addon_lent_fulfils_a_wish_of_the_app_it_is_lent_to() -> None:
    (database,) = made("postgres")
    lent, _ = attach(database, "blog", None, [], random.Random(2), 8.0)
    assert missing_wishes("blog", [AddonWish("postgres")], [lent]) == []


def test_all_attachments_but_the_last_of_its_own_app_can_be_taken_away() -> None:
    (database,) = made("postgres")
    lent, there = attach(database, "blog", None, [], random.Random(2), 8.0)
    assert detach(lent, there) == database
    without = detach(lent, lent.attachments[0])
    with pytest.raises(UsageProblem, match="the last attachment of postgresql-"):
        detach(without, without.attached_to("notes")[0])


def test_promotion_moves_the_first_name_and_leaves_nobody_without_one() -> None:
    first, second = made("postgres", "postgres")
    (old, new), made_one = promote(second, "notes", [first, second], random.Random(2), 8.0)
    assert made_one.name == "DATABASE"
    assert old.attachments == first.attachments[1:]
    assert new.attachments == (made_one, *second.attachments)
    bare = first.with_attachments(first.attachments[:1])
    (old, _), _ = promote(second, "notes", [bare, second], random.Random(2), 8.0)
    assert old.attachments[0].name.startswith("HEROKU_POSTGRESQL_")
    with pytest.raises(UsageProblem, match="as DATABASE already"):
        promote(new, "notes", [old, new], random.Random(2), 8.0)


@pytest.mark.parametrize("name", ["", "A", "a", "1ab", "a_b", "a b", "ab/.."])
def test_an_addon_has_the_name_of_a_folder(name: str) -> None:
    with pytest.raises(UsageProblem, match="cannot be named"):
        parse_addon_name(name)
