"""Releases as they are written down, and what a killed platform leaves of them."""

import dataclasses
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from minipaas.control.addons import Standing
from minipaas.control.ledger import Ledger
from minipaas.errors import NotFound, StoreProblem
from minipaas.model.record import AppRecord
from minipaas.model.release import Build, BuildStatus, Change, Release, ReleaseStatus
from minipaas.store.apps import Apps
from minipaas.store.home import Home
from minipaas.store.slugs import SlugFacts, Slugs
from tests.fakes import FakeClock


class World:
    """One app's ledger on a disk that can be full."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        home = Home(folder)
        home.prepare()
        self.apps, self.slugs = Apps(home), Slugs(home)
        self.standing = Standing()
        self.clock = clock
        self.home = home
        self.ledger = self.opened(AppRecord(id="i", name="shop", created_at=1.0))

    def opened(self, record: AppRecord) -> Ledger:
        return Ledger(record, self.apps, self.slugs, self.clock, lambda: self.standing)

    def stored(self) -> AppRecord:
        return self.apps.get("shop")

    def slug(self, text: str, **types: str) -> str:
        tree = self.home.builds / text
        tree.mkdir()
        (tree / "file").write_text(text)
        return self.slugs.store(tree, SlugFacts(process_types=types or {"web": "run"})).id

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        class Full(Apps):
            def save(self, record: AppRecord) -> None:
                raise StoreProblem(f"cannot write: {errno.ENOSPC}")

        self.ledger._store = Full(self.home)
        yield
        self.ledger._store = self.apps


@pytest.fixture
def world(tmp_path: Path, clock: FakeClock) -> World:
    return World(tmp_path / "home", clock)


def test_releases_are_numbered_and_appended_and_read_back_as_written(world: World) -> None:
    world.standing = Standing(
        (("heroku-redis:mini", ("CACHE_URL",)), ("old:mini", ("GONE_URL",))), {"CACHE_URL": "u"}
    )
    slug_id = world.slug("one")
    world.ledger.add(Change(description="Set A config vars", config={"A": "1"}, held=("A",)), pending=False)
    deployed = world.ledger.add(
        Change(description="Deploy 12345678", slug_id=slug_id, config={"A": "1", "CACHE_URL": "u"}), pending=False
    )
    assert [each.version for each in world.stored().releases] == [1, 2]
    assert world.stored() == world.ledger.record
    assert (deployed.held, deployed.addons, deployed.attached) == (("A",), ("heroku-redis:mini",), ("CACHE_URL",))


def test_what_is_pending_is_not_current_and_what_failed_keeps_its_number(world: World) -> None:
    slug_id = world.slug("one")
    first = world.ledger.add(Change(description="Deploy 1", slug_id=slug_id), pending=False)
    second = world.ledger.add(Change(description="Set A config vars", config={"A": "1"}), pending=True)
    assert world.ledger.record.current == first
    world.ledger.fail(second)
    assert (world.ledger.record.current, world.ledger.record.config) == (first, {})
    third = world.ledger.add(Change(description="Set A config vars", config={"A": "1"}), pending=True)
    assert third.version == 3
    assert world.ledger.succeed(third) == world.ledger.record.current == world.stored().current


def test_a_release_the_platform_died_in_is_read_as_failed(world: World) -> None:
    first = world.ledger.add(Change(description="Deploy 1", slug_id=world.slug("one")), pending=False)
    world.ledger.add(Change(description="Deploy 2", slug_id=world.slug("two")), pending=True)
    build = Build(id="b", app="shop", status=BuildStatus.PENDING, created_at=1.0, updated_at=1.0)
    world.ledger.save(dataclasses.replace(world.ledger.record, builds=(build,)))
    after = world.stored().interrupted()
    assert [each.status for each in after.builds] == [BuildStatus.FAILED]
    assert [each.status for each in after.releases] == [ReleaseStatus.SUCCEEDED, ReleaseStatus.FAILED]
    assert after.current == first
    assert after.interrupted() is after


def test_a_full_disk_changes_nothing_or_ends_as_a_failed_release(world: World) -> None:
    first = world.ledger.add(Change(description="Deploy 1", slug_id=world.slug("one")), pending=False)
    with world.full_disk(), pytest.raises(StoreProblem):
        world.ledger.add(Change(description="Set A config vars", config={"A": "1"}), pending=True)
    assert world.ledger.record == world.stored()
    second = world.ledger.add(Change(description="Set A config vars", config={"A": "1"}), pending=True)
    with world.full_disk():
        with pytest.raises(StoreProblem):
            world.ledger.succeed(second)
        world.ledger.fail(second)
    assert world.ledger.record.releases[-1].status is ReleaseStatus.FAILED
    assert world.ledger.record.current == first
    assert world.stored().interrupted() == world.ledger.record


def test_the_slug_of_a_release_that_is_gone_is_told_with_the_way_out(world: World) -> None:
    slug_id = world.slug("one")
    release = world.ledger.add(Change(description="Deploy 1", slug_id=slug_id), pending=False)
    world.slugs.prune(set())
    with pytest.raises(NotFound, match="the slug of v1 is gone") as told:
        world.ledger.slug_of(release)
    assert "builds it again" in str(told.value.hint)


def release(version: int, slug_id: str | None, *, to: int | None = None, status: str = "succeeded") -> Release:
    return Release(
        id=str(version),
        version=version,
        description="",
        created_at=0.0,
        slug_id=slug_id,
        rollback_to=to,
        status=ReleaseStatus(status),
    )


@pytest.mark.parametrize(
    ("releases", "deployed"),
    [
        ([release(1, None)], None),
        ([release(1, None), release(2, "a")], 2),
        ([release(2, "a"), release(3, "a"), release(4, "b"), release(5, "b")], 4),
        ([release(2, "a"), release(3, "b"), release(4, "a", to=2)], 3),
        ([release(2, "a"), release(3, "b"), release(4, "a", to=2), release(5, "a")], 3),
        ([release(2, "a"), release(3, "b", status="failed"), release(4, "a")], 3),
        ([release(2, "a"), release(3, "b"), release(4, "a", to=2), release(5, "b")], 5),
    ],
)
def test_the_last_deploy_is_the_last_that_brought_new_code(releases: list[Release], deployed: int | None) -> None:
    found = AppRecord(id="i", name="n", created_at=0.0, releases=tuple(releases)).deployed
    assert (found.version if found else None) == deployed
