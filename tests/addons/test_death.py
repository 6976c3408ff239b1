"""A platform that dies leaves no server; what it left all the same the next one ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from minipaas.runtime import proc
from tests.addons.conftest import Make
from tests.addons.test_servers import eventually, sql, working_in

ROOT = Path(__file__).parents[2]
#: Without namespaces a server is a plain process, root's one as nobody.
BARE = "nobody" if os.geteuid() == 0 else "plain"
COVERS = pytest.mark.parametrize("cover", ["found", BARE])
pytestmark = pytest.mark.slow


class Driver:
    """A child that runs servers on a home."""

    def __init__(self, home: Path, templates: Path, cover: str) -> None:
        words = (sys.executable, "-m", "tests.addons.driver", str(home), str(templates), cover)
        self.child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)

    def told(self) -> Any:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        assert line, "the driver ended early"
        return json.loads(line)

    def kill(self) -> None:
        self.child.kill()
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


def gone(pids: list[int]) -> bool:
    return not any(proc.is_alive(pid) for pid in pids)


@COVERS
async def test_kill_9_leaves_no_server_and_keeps_the_data(
    cover: str, tmp_path: Path, templates: Path, drivers: list[Driver]
) -> None:
    home = tmp_path / "a home"
    drivers.append(Driver(home, templates / cover, cover))
    told = await asyncio.to_thread(drivers[0].told)
    assert len(told["pids"]) > 4
    url = told["config"]["DATABASE_URL"]
    sql(url, "CREATE TABLE t ()", "INSERT INTO t DEFAULT VALUES")
    session = psycopg.connect(url)
    session.execute("LOCK t")
    drivers[0].kill()
    await eventually(lambda: gone(told["pids"]) and not proc.is_alive(told["warden"]))
    session.close()
    drivers.append(Driver(home, templates / cover, cover))
    again = await asyncio.to_thread(drivers[1].told)
    assert again["config"] == told["config"]
    assert sql(url, "SELECT count(*) FROM t") == (1,)
    drivers[1].kill()
    await eventually(lambda: gone(again["pids"]))


async def test_kill_9_at_any_moment_of_the_first_start(
    tmp_path: Path, templates: Path, drivers: list[Driver]
) -> None:
    """The warden and the servers are young then; initdb runs."""
    home = tmp_path / "home"
    for number in range(4):
        drivers.append(Driver(home, tmp_path / f"templates{number % 2}", "found"))
        await asyncio.sleep(0.3 + 0.2 * number)
        drivers[-1].kill()
        await eventually(lambda: not working_in(tmp_path))
    drivers.append(Driver(home, templates, "found"))
    told = await asyncio.to_thread(drivers[-1].told)
    assert sql(told["config"]["DATABASE_URL"], "SELECT 1") == (1,)
    assert not list(home.glob("*/*/data.new"))


async def test_sweep_ends_what_even_the_warden_missed(
    make: Make, tmp_path: Path, templates: Path, drivers: list[Driver]
) -> None:
    drivers.append(Driver(tmp_path / "home", templates / BARE, "loose"))
    told = await asyncio.to_thread(drivers[0].told)
    os.kill(told["warden"], signal.SIGKILL)
    drivers[0].kill()
    await make("other").sweep()
    assert not gone(told["pids"][:1])
    await make("home").sweep()
    await eventually(lambda: gone(told["pids"]))
    assert working_in(tmp_path) == []


async def test_ctrl_c_at_the_platform_reaches_no_server(
    tmp_path: Path, templates: Path, drivers: list[Driver]
) -> None:
    drivers.append(Driver(tmp_path / "home", templates, "found"))
    told = await asyncio.to_thread(drivers[0].told)
    group = os.getpgid(drivers[0].child.pid)
    assert not [pid for pid in told["pids"] if os.getpgid(pid) == group]
