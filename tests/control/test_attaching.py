"""What changes of add-ons mean for the apps that use them, without a server."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from minipaas.addons.provider import Addons
from minipaas.clock import SystemClock
from minipaas.control.attaching import Attaching
from minipaas.errors import UsageProblem
from minipaas.model.app import AddonWish
from minipaas.model.release import Change


@dataclass
class App:
    """An app that nothing is deployed to: it only notes its releases."""

    name: str
    slug: None = None
    record: Any = field(default_factory=lambda: SimpleNamespace(config={"A": "1"}))
    said: list[str] = field(default_factory=list)

    def note_release(self, change: Change) -> None:
        self.said.append(change.description)
        self.record = SimpleNamespace(config=dict(change.config or {}))


class Plane:
    """As much of a control plane as add-ons are changed through."""

    def __init__(self, addons: Addons) -> None:
        self.addons = SimpleNamespace(provider=addons)
        self.apps = {name: App(name) for name in ("shop", "blog")}
        self._turns: dict[str, asyncio.Lock] = {}

    async def app(self, name: str) -> App:
        return self.apps[name]

    def turn(self, name: str) -> asyncio.Lock:
        return self._turns.setdefault(name, asyncio.Lock())


@pytest.fixture
def plane(tmp_path: Path) -> Plane:
    return Plane(Addons(tmp_path / "addons", SystemClock(), random.Random(1), lambda *_: lambda _: None))


async def test_an_app_that_goes_away_leaves_no_addon_and_no_attachment(plane: Plane, tmp_path: Path) -> None:
    addons, acts = plane.addons.provider, Attaching(plane)  # type: ignore[arg-type]
    (mine,) = await addons.provision("shop", [AddonWish("redis")])
    (others,) = await addons.provision("blog", [AddonWish("redis", alias="CACHE")])
    await acts.attach(mine, plane.apps["blog"], None)  # type: ignore[arg-type]
    await acts.attach(others, plane.apps["shop"], "BLOG")  # type: ignore[arg-type]
    assert plane.apps["blog"].record.config.keys() == {"A", "REDIS_URL"}
    await acts.forget("shop")
    assert plane.apps["blog"].said == [f"Attach REDIS (@ref:{mine.name})", f"Detach REDIS (@ref:{mine.name})"]
    assert plane.apps["blog"].record.config == {"A": "1"}
    assert [each.addon for each in addons.registry.records()] == [others]
    assert addons.config("blog").keys() == {"CACHE_URL"}
    await addons.close()


async def test_another_plan_is_a_plan_of_the_same_service(plane: Plane) -> None:
    addons, acts = plane.addons.provider, Attaching(plane)  # type: ignore[arg-type]
    (mine,) = await addons.provision("shop", [AddonWish("redis")])
    assert acts.change_plan(mine, "redis:premium-0").plan_name == "heroku-redis:premium-0"
    with pytest.raises(UsageProblem, match="it is a heroku-redis"):
        acts.change_plan(mine, "postgres")
