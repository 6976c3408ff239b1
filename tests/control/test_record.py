"""What of an app's record is written, and when."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minipaas.control.lifetime import running
from minipaas.control.plane import ControlPlane
from minipaas.control.settings import Settings
from minipaas.model.release import Build, BuildStatus
from minipaas.store.home import Home


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[ControlPlane]:
    async with running(Settings(home=Home(tmp_path / "home"), runtime="process", port=0)) as plane:
        yield plane


async def test_a_record_that_did_not_change_is_not_written_again(plane: ControlPlane) -> None:
    app = await plane.app("one")
    file = plane.settings.home.apps / "one.json"
    written = file.stat().st_mtime_ns
    app.save(dataclasses.replace(app.record))
    assert file.stat().st_mtime_ns == written
    app.save(dataclasses.replace(app.record, source="/elsewhere"))
    assert plane.store.get("one").source == "/elsewhere"


async def test_a_build_under_way_is_told_of_and_not_on_disk_until_it_ends(plane: ControlPlane) -> None:
    app = await plane.app("one")
    build = Build(id="b", app="one", status=BuildStatus.PENDING, created_at=1.0, updated_at=1.0)
    app.begin_build(build)
    assert app.record.builds == (build,)
    assert plane.store.get("one").builds == ()
    ended = dataclasses.replace(build, status=BuildStatus.FAILED)
    app.remember_build(ended)
    assert app.record.builds == plane.store.get("one").builds == (ended,)


async def test_what_is_saved_while_a_build_is_being_written_is_not_undone_by_it(plane: ControlPlane) -> None:
    app = await plane.app("one")
    build = Build(id="b", app="one", status=BuildStatus.SUCCEEDED, created_at=1.0, updated_at=1.0, reused=True)
    writing = asyncio.ensure_future(app.remember_build_beside(build))
    await asyncio.sleep(0)
    app.save(dataclasses.replace(app.record, source="/elsewhere"))
    await writing
    assert app.record.builds == plane.store.get("one").builds == (build,)
    assert plane.store.get("one").source == "/elsewhere"
