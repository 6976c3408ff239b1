"""What containers add to the contract: whose they are, what they write, whose the folders are, and their bad days."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime import proc
from minipaas.runtime.base import Bind
from minipaas.runtime.choose import choose
from minipaas.runtime.docker import container as container_file
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.changes import tops
from minipaas.runtime.docker.container import ContainerProcess, group_of
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.docker.leftovers import clear_leftovers
from minipaas.runtime.traces import home_id
from minipaas.store.home import Home
from tests.runtime import cases
from tests.runtime.docker.dockerd import Dockerd
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


async def test_a_platform_of_another_runtime_clears_them_too(place: Place, engine: Engine) -> None:
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    other, _ = await choose("process", Home(place.root))
    await other.close()
    assert await containers(engine, place.root) == []
    assert (await within(process.wait())).status == 137


async def test_an_engine_that_is_gone_keeps_its_note(home: Home) -> None:
    note = home.root / "runtime" / "docker"
    note.parent.mkdir(exist_ok=True)
    note.write_text(f"unix://{home.root}/none")
    assert await clear_leftovers(home.root) == 0
    assert note.exists()


async def test_the_engines_own_account_of_the_changes_is_the_same(place: Place) -> None:
    """Where the upper folder is not ours to read, `diff` and copies tell."""
    ended = await place.run(
        f"{cases.WRITES.command}; ln -s new.txt link; mkdir empty; mv lib library"
        "; echo x > lib.py; mkdir lib; echo y > lib/two; chmod 700 /app"
        "; for i in $(seq 300); do echo $i > deep/$i; done"
    )
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


async def test_an_engine_whose_processes_are_not_to_be_seen_launches_nothing(
    place: Place, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From within a container that has the engine's socket, say."""
    with monkeypatch.context() as blind:
        blind.setattr(container_file, "_groups_of", lambda _pid: "")
        blind.setattr(container_file, "_SEEN_WITHIN_S", 0.2)
        with pytest.raises(DynoProblem, match="the Docker engine is not of this machine"):
            await place.start(cases.STAYS.command)
    async with asyncio.timeout(20):
        while await containers(engine, place.root):
            await asyncio.sleep(0.05)
    assert list(place.host.area.iterdir()) == []


async def test_a_missing_stack_is_exit_4_and_names_the_command_that_builds_one(place: Place, home: Home) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        await choose("docker", home, "minipaas/stack:never-built")
    assert caught.value.exit_code == 4
    assert "minipaas stack build" in (caught.value.hint or "")


async def test_an_engine_on_another_machine_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(RuntimeMissing, match="cannot use the Docker engine at tcp:"):
        await choose("docker", home, "local")


def test_of_a_diff_new_folders_are_asked_for_whole_and_changed_ones_not_at_all() -> None:
    modified = ("/app", "/app/lib", "/app/lib/one.py", "/app/bare", "/run", "/run/lock", "/tmp", "/etc")
    added = ("/app/new", "/app/new/a", "/run/lock/x", "/tmp/build_1")
    told = {**dict.fromkeys(modified, 0), **dict.fromkeys(added, 1), "/app/gone": 2}
    assert set(tops(told)) == {"/app/lib/one.py", "/app/gone", "/app/new", "/app/bare", "/run/lock/x"}


def test_the_control_group_of_a_container_is_found_under_v1(tmp_path: Path) -> None:
    folder = tmp_path / "memory" / "docker" / "0f"
    folder.mkdir(parents=True)
    (folder / "memory.stat").write_text("total_rss 4096\ntotal_cache 8192\n")
    group = group_of("9:pids:/docker/0f\n4:memory:/docker/0f\n3:cpu,cpuacct:/docker/0f\n0::/x\n", tmp_path)
    assert group is not None
    memory = group.memory()
    assert memory is not None
    assert (memory.used_bytes, memory.cache_bytes) == (4096, 8192)


def test_the_control_group_of_a_container_is_found_under_v2_and_dies_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "system.slice" / "docker-0f.scope"
    folder.mkdir(parents=True)
    (folder / "memory.stat").write_text("anon 4096\nfile 8192\n")
    group = group_of("0::/system.slice/docker-0f.scope\n", tmp_path)
    assert group is not None
    memory = group.memory()
    assert memory is not None
    assert memory.used_bytes == 4096
    assert (folder / "memory.oom.group").read_text() == "1"


@pytest.mark.parametrize("told", ["", "0::/\n", "4:memory:/docker/elsewhere\n", "0::/elsewhere.scope\n"])
def test_a_control_group_that_is_not_to_be_seen_is_none(told: str, tmp_path: Path) -> None:
    assert group_of(told, tmp_path) is None


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
