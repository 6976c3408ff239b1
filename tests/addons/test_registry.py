"""Which add-ons a platform has, as it is on disk."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from minipaas.addons.ledger import Record
from minipaas.addons.registry import Registry
from minipaas.errors import NotFound
from minipaas.model.addon import AddonState
from minipaas.model.app import AddonWish
from minipaas.model.attaching import attach, make_addon


def record(app: str, plan: str, seed: int = 1) -> Record:
    addon = make_addon(app, AddonWish(plan), [], [], random.Random(seed), 7.0)
    return Record(addon=addon, port=12345, password="secret")


def test_what_is_lent_is_used_by_both_and_owned_by_one(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.add(record("shop", "postgres"))
    lent, _ = attach(registry.owned("shop")[0].addon, "blog", "SHOP_DB", [], random.Random(2), 8.0)
    registry.change_addon(lent)
    for each in (registry, Registry(tmp_path)):
        assert each.used_addons("blog") == each.used_addons("shop") == (lent,)
        assert each.owned("blog") == []
        for name in ("SHOP_DB", "shop_db", "SHOP_DB_URL", lent.name, lent.id):
            assert each.find("blog", name).addon == lent
        with pytest.raises(NotFound, match="blog has no add-on DATABASE"):
            each.find("blog", "DATABASE")


def test_what_is_being_destroyed_is_nobodys_and_not_forgotten(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    cache = record("shop", "redis")
    registry.add(cache, record("shop", "postgres", seed=2))
    over = replace(cache, addon=replace(cache.addon, state=AddonState.DEPROVISIONED))
    registry.change(over)
    again = Registry(tmp_path)
    assert [each.addon.service for each in again.used("shop")] == ["heroku-postgresql"]
    assert again.over() == [over]
    assert cache.addon.name in again.taken_names()
    again.drop(over)
    assert Registry(tmp_path).over() == []
