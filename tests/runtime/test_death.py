"""A platform that dies leaves nothing, and what it left all the same the next one clears."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minipaas.runtime import proc
from minipaas.runtime.traces import MARK_NAME, home_id
from minipaas.store.home import Home
from tests.runtime.place import Place, eventually, make_runtime

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("kind", ["sandbox", "process"])
pytestmark = pytest.mark.slow


class Driver:
    """A child that runs dynos on a home."""

    def __init__(self, kind: str, home: Home, *commands: str) -> None:
        words = (sys.executable, "-m", "tests.runtime.driver", kind, str(home.root), *commands)
        self.child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)

    def told(self) -> dict[str, Any]:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        assert line, "the driver ended early"
        told: dict[str, Any] = json.loads(line)
        return told

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.child.send_signal(number)
        self.child.wait()
        assert self.child.stdout is not None
        self.child.stdout.close()


@pytest.fixture
def drivers() -> Iterator[list[Driver]]:
    made: list[Driver] = []
    yield made
    for driver in made:
        if driver.child.poll() is None:
            driver.kill()


def disks(home: Home) -> list[Path]:
    return list(home.hosts.glob("*/*"))


def groups(home: Home) -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"*/minipaas-{home_id(home.root)}*"))


def all_gone(told: dict[str, Any]) -> bool:
    return not any(proc.is_alive(pid) for dyno in told["dynos"] for pid in (dyno["pid"], *dyno["pids"]))


@BOTH
async def test_kill_9_leaves_no_process_disk_or_control_group(kind: str, home: Home, drivers: list[Driver]) -> None:
    await (await make_runtime(kind, home)).close()
    escapee = "setsid sh -c 'trap \"\" TERM HUP; sleep 3600; true' & echo ready; wait"
    drivers.append(Driver(kind, home, escapee, "trap '' TERM; echo x > file; echo ready; sleep 3600; true"))
    told = await asyncio.to_thread(drivers[0].told)
    assert len(told["dynos"]) == 2
    assert not all_gone(told)
    drivers[0].kill()
    await eventually(lambda: all_gone(told))
    await eventually(lambda: not disks(home) and not groups(home))
    await eventually(lambda: not proc.is_alive(told["warden"]))


@BOTH
async def test_a_new_platform_starts_at_once_and_an_old_warden_leaves_it_alone(
    kind: str, home: Home, drivers: list[Driver]
) -> None:
    await (await make_runtime(kind, home)).close()
    drivers.append(Driver(kind, home, "echo ready; exec sleep 3600"))
    old = await asyncio.to_thread(drivers[0].told)
    os.kill(old["warden"], signal.SIGSTOP)
    try:
        drivers[0].kill()
        drivers.append(Driver(kind, home, "echo ready; exec sleep 3600"))
        new = await asyncio.to_thread(drivers[1].told)
        assert new["swept"] == 1
        await eventually(lambda: all_gone(old))
    finally:
        os.kill(old["warden"], signal.SIGCONT)
    await eventually(lambda: not proc.is_alive(old["warden"]))
    assert proc.is_alive(new["dynos"][0]["pid"])
    assert len(disks(home)) == 1


@BOTH
async def test_sweep_ends_what_even_the_warden_missed(kind: str, home: Home, drivers: list[Driver]) -> None:
    await (await make_runtime(kind, home)).close()
    drivers.append(Driver(kind, home, "setsid sleep 3600 & echo ready; exec sleep 3600"))
    told = await asyncio.to_thread(drivers[0].told)
    os.kill(told["warden"], signal.SIGKILL)
    drivers[0].kill()
    runtime = await make_runtime(kind, home)
    assert await runtime.sweep() == 1
    await eventually(lambda: all_gone(told))
    assert disks(home) == groups(home) == []
    assert await runtime.sweep() == 0
    await runtime.close()


@BOTH
async def test_homes_do_not_touch_each_other(kind: str, home: Home, tmp_path: Path, drivers: list[Driver]) -> None:
    await (await make_runtime(kind, home)).close()
    other = Home(tmp_path / "other")
    other.prepare()
    drivers.append(Driver(kind, home, "echo ready; exec sleep 3600"))
    drivers.append(Driver(kind, other, "echo ready; exec sleep 3600"))
    mine, theirs = [await asyncio.to_thread(driver.told) for driver in drivers]
    drivers[0].kill()
    await eventually(lambda: all_gone(mine) and not disks(home))
    runtime = await make_runtime(kind, home)
    await runtime.sweep()
    await runtime.close()
    assert not all_gone(theirs)
    assert len(disks(other)) == 1


@BOTH
async def test_a_stranger_in_a_swept_area_or_with_a_like_mark_lives(kind: str, home: Home) -> None:
    marks = ("", f"x{home_id(home.root)}.00000000.1", f"{home_id(home.root)[:-1]}.00000000.1")
    strangers = [
        subprocess.Popen(["sleep", "3600"], env={**os.environ, MARK_NAME: mark}, cwd=home.hosts) for mark in marks
    ]
    runtime = await make_runtime(kind, home)
    assert await runtime.sweep() == 0
    await runtime.close()
    assert all(stranger.poll() is None for stranger in strangers)
    for stranger in strangers:
        stranger.kill()
        stranger.wait()


@BOTH
async def test_ctrl_c_at_the_platform_reaches_neither_dynos_nor_warden(
    kind: str, home: Home, drivers: list[Driver]
) -> None:
    """SIGINT goes to the terminal's foreground group: who shares it with the platform would die without a grace."""
    await (await make_runtime(kind, home)).close()
    drivers.append(Driver(kind, home, "echo ready; exec sleep 3600"))
    told = await asyncio.to_thread(drivers[0].told)
    group = os.getpgid(drivers[0].child.pid)
    outer = proc.parent_of(told["dynos"][0]["pid"])
    assert outer is not None
    shared = [pid for pid in (outer, told["dynos"][0]["pid"], told["warden"]) if os.getpgid(pid) == group]
    assert shared == ([outer] if outer == drivers[0].child.pid else [])


async def test_the_warden_is_small_and_goes_when_all_is_well(home: Home, drivers: list[Driver]) -> None:
    runtime = await make_runtime("process", home)
    place = Place(home.root, runtime)
    await place.run("true")
    warden = runtime._traces._warden  # type: ignore[attr-defined]
    pid = await eventually(lambda: warden.pid)
    await eventually(lambda: "reaper" in proc.command_of(pid))
    assert proc.memory_of([pid], 0) < 12_000_000
    await place.close()
    assert not proc.is_alive(pid)
