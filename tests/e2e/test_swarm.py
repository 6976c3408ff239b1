"""`up --runtime swarm` on three real engines, one of which is lost under load."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from minipaas.addons import pgwire
from tests.e2e.harness import COMMAND, Platform, environment, get, platform, until, web_app
from tests.engines.three import Three

pytestmark = [pytest.mark.slow, pytest.mark.root]

#: Each request commits a row and answers its number; `/all` answers with all of them. The driver is minipaas's own,
#: so that the app needs no build.
ROWS = """
import asyncio, pgwire, urllib.parse
async def rows(*statements):
    at = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    pgwire.HERE = at.hostname
    session = await pgwire.PgConnection.open(at.port, at.username, at.password, at.path[1:])
    try:
        return " ".join(row[0] for row in await session.run(*statements))
    finally:
        await session.close()
def answer(path):
    if path == "/who":
        return os.environ["DYNO"]
    add = "INSERT INTO n DEFAULT VALUES RETURNING i"
    return asyncio.run(rows("SELECT i FROM n" if path == "/all" else add))
if os.environ["DYNO"] == "web.1":
    asyncio.run(rows("CREATE TABLE IF NOT EXISTS n (i serial PRIMARY KEY)"))
"""


def shop(folder: Path) -> Path:
    app = web_app(folder, before=ROWS, body="answer(self.path).encode()")
    driver = Path(pgwire.__file__).read_text()
    (app / "pgwire.py").write_text(driver.replace('open_connection("127.0.0.1"', "open_connection(HERE"))
    (app / "app.json").write_text(json.dumps({"addons": ["heroku-postgresql"]}))
    (app / "Procfile").write_text("web: python3 server.py\nworker: echo at work; exec sleep 1000\n")
    return app


@contextmanager
def load(url: str) -> Iterator[list[str]]:
    """Somebody who commits a row again and again; the numbers that were acknowledged."""
    kept: list[str] = []
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            with suppress(OSError):
                status, body = get(f"{url}add", timeout=10)
                kept.extend([body] * (status == 200))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    try:
        yield kept
    finally:
        over.set()
        for each in threads:
            each.join()


def hosts(running: Platform) -> dict[str, tuple[str, list[str]]]:
    return {each["name"]: (each["state"], each["dynos"]) for each in running.json("hosts")}


def all_up(running: Platform) -> bool:
    return {each["state"] for each in running.json("ps")} == {"up"}


def test_an_app_lives_on_three_engines_and_the_loss_of_one_under_load_loses_no_committed_row(
    three: Three, tmp_path: Path
) -> None:
    app = shop(tmp_path / "shop")
    words = (app, "--runtime", "swarm", "--formation", "web=3,worker=1")
    with platform(tmp_path, *words, **three.environment) as running:
        url = running.url()
        until(lambda: all_up(running))
        assert {get(f"{url}who")[1] for _ in range(6)} == {"web.1", "web.2", "web.3"}
        assert sorted(len(dynos) for _, dynos in hosts(running).values()) == [1, 1, 2]
        running.logged("at work")

        running.cli("ps:relocate", "web.1")
        running.cli("hosts:drain", "host2")
        until(lambda: three.manager.docker("node", "inspect", "host2", "-f", "{{.Spec.Availability}}") == "drain")
        assert hosts(running)["host2"] == ("drained", [])
        running.cli("hosts:recover", "host2")
        until(lambda: three.manager.docker("node", "inspect", "host2", "-f", "{{.Spec.Availability}}") == "active")
        running.cli("ps:relocate", "worker.1", "--host", "host3")
        until(lambda: all_up(running) and "shop/worker.1" in hosts(running)["host3"][1])
        assert running.cli("run", "echo here; exit 7", check=False).returncode == 7

        with load(url) as kept:
            until(lambda: len(kept) > 20)
            three.kill(three.nodes[2])
            until(lambda: hosts(running)["host3"] == ("failed", []) and all_up(running))
            after = len(kept)
            until(lambda: len(kept) > after + 20)
        assert set(kept) <= set(get(f"{url}all")[1].split())
        assert "Host host3 failed" in running.logs()

        three.revive(three.nodes[2])
        running.logged("Host host3 is back")
        running.cli("ps:relocate", "web.1", "--host", "host3")
        until(lambda: all_up(running) and "shop/web.1" in hosts(running)["host3"][1])
        assert running.stop() in (0, 130)
    assert three.manager.docker("service", "ls", "-q") == ""


@pytest.mark.parametrize(("engine", "said"), [("worker", "is a worker"), ("alone", "is in no swarm")])
def test_an_engine_that_manages_no_swarm_is_told_with_the_way_out(
    engine: str, said: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    host = request.getfixturevalue("three").nodes[1].host if engine == "worker" else None
    env = environment(tmp_path / "home", DOCKER_HOST=host or request.getfixturevalue("engine_host"))
    words = [*COMMAND, "up", str(shop(tmp_path / "shop")), "--runtime", "swarm", "--port", "0"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4
    assert said in done.stderr
    assert "DOCKER_HOST" in done.stderr
