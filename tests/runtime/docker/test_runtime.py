"""What containers add to the contract: whose they are, what they write, whose the folders are, and their bad days."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime import proc
from minipaas.runtime.base import Bind
from minipaas.runtime.choose import choose
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.container import ContainerProcess
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.docker.leftovers import clear_leftovers
from minipaas.runtime.traces import home_id
from minipaas.store.home import Home
from tests.runtime import cases
from tests.runtime.docker.dockerd import Dockerd, needs_engine
from tests.runtime.place import Place, eventually, make_runtime, within


async def containers(engine: Engine, home: Path) -> list[Any]:
    return await engine.call("look", lambda api: api.containers(all=True, filters=labels.of_home(home_id(home))))


async def test_a_container_is_marked_and_goes_with_the_dyno(place: Place, engine: Engine) -> None:
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    (one,) = await containers(engine, place.root)
    assert (one["Labels"][labels.KIND], one["Labels"][labels.DYNO]) == ("dyno", process.id)
    process.kill()
    await within(process.wait())
    process.discard()
    async with asyncio.timeout(20):
        while await containers(engine, place.root):
            await asyncio.sleep(0.05)


async def test_the_next_platform_clears_what_an_earlier_one_left_and_no_other_homes(
    place: Place, second: Place, engine: Engine
) -> None:
    mine, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    theirs, said = await second.start(cases.STAYS.command)
    await said.until(b"ready")
    assert await place.runtime.sweep() == 0
    next_platform = await make_runtime("docker", Home(place.root))
    assert await next_platform.sweep() == 1
    await next_platform.close()
    assert (await within(mine.wait())).status == 137
    assert await containers(engine, place.root) == []
    assert len(await containers(engine, second.root)) == 1
    assert theirs.pids()


async def test_leftovers_are_found_by_the_note_in_the_home(place: Place, engine: Engine) -> None:
    note = place.root / "runtime" / "docker"
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    assert note.read_text() == engine.host
    assert await clear_leftovers(place.root) == 1
    assert (await within(process.wait())).status == 137
    assert not note.exists()


async def test_an_engine_that_is_gone_keeps_its_note(home: Home) -> None:
    note = home.root / "runtime" / "docker"
    note.parent.mkdir(exist_ok=True)
    note.write_text(f"unix://{home.root}/none")
    assert await clear_leftovers(home.root) == 0
    assert note.exists()


async def test_the_engines_own_account_of_the_changes_is_the_same(place: Place) -> None:
    """Where the upper folder is not ours to read, `diff` and copies tell."""
    ended = await place.run(f"{cases.WRITES.command}; ln -s new.txt link; mkdir empty; mv lib library")
    assert isinstance(ended.process, ContainerProcess)
    by_folder = {(each.kind, each.path, each.real and each.real.read_bytes()) for each in ended.process.writes()}
    ended.process._upper = None
    by_engine = {(each.kind, each.path, each.real and each.real.read_bytes()) for each in ended.process.writes()}
    assert by_engine == by_folder
    assert ("A", "/app/link") in ended.changes()


async def test_a_flood_comes_whole(place: Place) -> None:
    ended = await place.run("seq 1 400000; seq 1 400000 >&2")
    assert ended.output == b"".join(b"%d\n" % number for number in range(1, 400001)) * 2


async def test_a_folder_given_to_a_dyno_is_the_platforms_again_at_its_end(place: Place) -> None:
    given, hidden = place.root / "given", place.root / "hidden"
    for folder in (given, hidden):
        folder.mkdir(mode=0o700)
    (hidden / "token").write_text("sesame\n")
    (hidden / "token").chmod(0o600)
    ended = await place.run(
        "mkdir /tmp/given/deep && cat /tmp/hidden/token > /tmp/given/deep/copy",
        binds=(Bind(given, "/tmp/given", writable=True), Bind(hidden, "/tmp/hidden")),
        slug=None,
    )
    assert ended.exit.status == 0
    assert (given / "deep" / "copy").read_text() == "sesame\n"
    everything = (given, given / "deep", given / "deep" / "copy", hidden / "token")
    assert {path.stat().st_uid for path in everything} == {os.geteuid()}


async def test_an_image_removed_under_us_is_made_again(place: Place, engine: Engine) -> None:
    (await place.run("true")).process.discard()
    slugs = await engine.call("look", lambda api: api.images(filters={"label": [f"{labels.SOURCE}={place.slug}"]}))
    for image in slugs:
        await engine.call("remove", lambda api, gone=image["Id"]: api.remove_image(gone, force=True))
    assert slugs
    assert (await place.run("cat kept.txt")).output == b"kept\n"


async def test_a_missing_stack_is_exit_4_and_names_the_command_that_builds_one(place: Place, home: Home) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        await choose("docker", home, "minipaas/stack:never-built")
    assert caught.value.exit_code == 4
    assert "minipaas stack build" in (caught.value.hint or "")


async def test_an_engine_on_another_machine_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(RuntimeMissing, match="cannot use the Docker engine at tcp:"):
        await choose("docker", home, "local")


@pytest.fixture
def small_engine(stack_archive: Path) -> Iterator[Dockerd]:
    """One that may be stopped, on a disk of 300 MB."""
    needs_engine()
    folder = Path(tempfile.mkdtemp(prefix="mp-dockerd-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]).returncode:
        pytest.skip("no file system can be mounted here")
    engine = Dockerd(folder)
    engine.start()
    try:
        engine.load_stack(stack_archive)
        yield engine
    finally:
        engine.clear()
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


@pytest.mark.slow
async def test_the_engine_is_restarted_dies_and_is_full(
    small_engine: Dockerd, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", small_engine.host)
    place = Place(home.root, await make_runtime("docker", home))
    try:
        for end in (small_engine.stop, small_engine.die):
            process, said = await place.start(cases.STAYS.command)
            await said.until(b"ready")
            pids = process.pids()
            await asyncio.to_thread(end)
            assert (await within(process.wait())).status >= 128
            await eventually(lambda old=pids: not any(map(proc.is_alive, old)))
            process.discard()
            waiting = asyncio.ensure_future(place.run("echo back"))
            await asyncio.to_thread(small_engine.start)
            assert (await within(waiting, 60)).output == b"back\n"
        (place.slug / "big").write_bytes(os.urandom(250_000_000))
        with pytest.raises(DynoProblem, match="the Docker engine's disk is full"):
            await place.start("true")
    finally:
        await place.close()
