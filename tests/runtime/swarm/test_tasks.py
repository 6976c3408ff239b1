"""What every runtime keeps, over tasks on three real engines: all cases side by side, for each costs a second."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minipaas.chaos.lab import Lab, Specimen
from minipaas.clock import SystemClock
from minipaas.model.dyno import Size
from minipaas.runtime.base import DynoProcess
from minipaas.runtime.choose import choose
from minipaas.runtime.docker.leftovers import clear_leftovers
from minipaas.store.home import Home
from tests.engines.three import Three
from tests.runtime import cases
from tests.runtime.place import SLUG, Place, within

pytestmark = [pytest.mark.slow, pytest.mark.root]


@pytest.fixture
async def place(three: Three, home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Its host is a worker's node, which gets its images from the manager."""
    for name, value in three.environment.items():
        monkeypatch.setenv(name, value)
    runtime, can = await choose("swarm", home)
    made = Place(home.root, runtime)
    made.host = can.hosts[1]
    yield made
    await made.close()


async def test_a_task_ends_speaks_and_writes_as_any_dyno_does(place: Place) -> None:
    await place.run("true")  # brings the image to the node, once

    def kill(dyno: DynoProcess) -> None:
        assert dyno.pids()
        assert 0 < dyno.memory().used_bytes < 200_000_000
        dyno.terminate()
        dyno.kill()

    exits = [place.run(case.command) for case, _ in cases.EXITS]
    terms = [place.run(case.command, lambda dyno: dyno.terminate()) for case, _ in cases.TERMS]
    hungry = place.run(
        "python3 -c 'x = bytearray(10**9); x[::4096] = bytes(len(x[::4096]))'", size=Size("Tiny", 16 << 20, 64, 1)
    )
    others = [place.run(cases.IGNORES.command, kill), place.run(cases.SPEAKS.command), hungry]
    ended = await within(asyncio.gather(*exits, *terms, *others, place.run(cases.WRITES.command)), 60)

    told = [status for _, status in (*cases.EXITS, *cases.TERMS)]
    assert [each.exit.status for each in ended[: len(told)]] == told
    ignores, speaks, hungry_end, writes = ended[len(told) :]
    assert ignores.exit.status == 137
    assert not ignores.exit.killed_by_memory
    assert speaks.output == b"one\ntwo\nthree"
    assert hungry_end.exit.killed_by_memory
    assert writes.changes() == {
        ("A", "/app/new.txt"),
        ("A", "/app/deep/er/file"),
        ("M", "/app/changed.txt"),
        ("D", "/app/gone.txt"),
        ("A", "/tmp/scratch"),
    }
    assert {str(p.relative_to(place.slug)): p.read_bytes() for p in place.slug.rglob("*") if p.is_file()} == SLUG


async def test_a_log_of_a_thousand_lines_comes_whole_and_in_order(place: Place) -> None:
    ended = await place.run("seq 1 1000; echo over >&2")
    assert ended.output.split() == [*(b"%d" % number for number in range(1, 1001)), b"over"]


async def test_a_lab_of_chaos_keeps_and_drops_disks_on_a_swarm(place: Place, tmp_path: Path) -> None:
    runtime = place.runtime
    words = "cat seen || echo none; echo $DYNO > seen; exec python3 -m http.server $PORT"
    specimen = Specimen(name="book", release="v1", slug=place.slug, commands={"web": words}, config={})
    hosts = runtime.capabilities().hosts
    lab = Lab(specimen, runtime=runtime, hosts=hosts, folder=tmp_path, clock=SystemClock(), rng=random.Random(1))
    lab.spread()
    first, second = await lab.boot(1), await lab.boot(2)
    assert first.host != second.host
    assert "none" in first.last_lines() and "none" in second.last_lines()
    await lab.stop(first)
    await lab.kill(second)
    disk = lab.shared_disk()
    await lab.kill(await lab.boot(3, disk=disk))
    heir = await lab.boot(4, disk=disk)
    assert heir.host == hosts[0]
    assert "web.3" in heir.last_lines()
    await lab.clear()


async def test_what_a_killed_platform_left_is_swept_by_the_next(three: Three, place: Place, home: Home) -> None:
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    assert await clear_leftovers(home.root) >= 1
    assert (await within(process.wait())).status == 143
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    later, _ = await choose("swarm", home)
    try:
        assert await later.sweep() >= 1
        assert (await within(process.wait())).status == 143
    finally:
        await later.close()
    assert three.manager.docker("service", "ls", "-q") == ""
