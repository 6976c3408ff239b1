"""`up --runtime docker`, from the first build to kill -9, on a real engine."""

import os
import signal
from pathlib import Path

import docker
import pytest

from minipaas.runtime.docker import labels
from minipaas.runtime.traces import home_id
from tests.e2e.harness import begin, get, platform, until, web_app
from tests.runtime.docker.dockerd import Dockerd

pytestmark = pytest.mark.slow

SPEAKS = "print('one', flush=True); print('two', file=sys.stderr, flush=True)"
WHO = "' '.join((os.environ['DYNO'], os.uname().nodename, str(os.getuid()), str(os.getppid()))).encode()"


class Containers:
    """Those of one home on the engine, as a stranger sees them."""

    def __init__(self, host: str, home: Path) -> None:
        self._host = host
        self._home = home

    def states(self) -> list[str]:
        api = docker.APIClient(base_url=self._host, version="auto")
        try:
            found = api.containers(all=True, filters=labels.of_home(home_id(self._home)))
        finally:
            api.close()
        return sorted(each["State"] for each in found)


def test_an_app_lives_in_containers_and_kill_9_leaves_nothing_that_down_does_not_clear(
    engine_host: str, tmp_path: Path
) -> None:
    app = web_app(tmp_path / "shop", before=SPEAKS, body=WHO)
    words = (app, "--runtime", "docker", "--formation", "web=2")
    containers = Containers(engine_host, tmp_path / "home")
    with platform(tmp_path, *words, DOCKER_HOST=engine_host, MINIPAAS_STACK="local") as running:
        assert "Building on minipaas/stack:local" in running.err.read_text()
        before = {name: running.up(name) for name in ("web.1", "web.2")}
        assert containers.states() == ["running", "running"]
        status, body = get(running.url())
        assert (status, body.split()[0][:4], body.split()[2:]) == (200, "web.", ["1000", "1"])
        log = running.logged("two")
        assert log.index("one") < log.index("two")
        assert running.cli("run", "echo here; exit 7", check=False).returncode == 7

        running.cli("ps:restart", "web.1")
        until(lambda: running.up()["id"] != before["web.1"]["id"])
        assert get(running.url())[0] == 200
        running.cli("ps:relocate", "web.2")
        until(lambda: running.up("web.2")["host"] != before["web.2"]["host"])
        until(lambda: containers.states() == ["running", "running"])

        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        until(lambda: containers.states() == ["exited", "exited"])
        said = running.cli("down", DOCKER_HOST=engine_host)
        assert "Removed 2 containers that an earlier one left" in said.stdout + said.stderr
        assert containers.states() == []

    with platform(tmp_path, *words, DOCKER_HOST=engine_host, MINIPAAS_STACK="local") as again:
        assert "Building" not in again.err.read_text()
        again.up()
        assert again.stop() == 130
    assert containers.states() == []


def test_dynos_come_back_when_the_engine_was_restarted(small_engine: Dockerd, tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    environ = {"DOCKER_HOST": small_engine.host, "MINIPAAS_STACK": "local"}
    with platform(tmp_path, app, "--runtime", "docker", **environ) as running:
        before = running.up()
        small_engine.stop()
        until(lambda: running.dyno()["id"] != before["id"])
        small_engine.start()
        running.up()
        assert get(running.url())[0] == 200
        assert "State changed from up to crashed" in running.logs()


def test_no_engine_is_exit_4_and_one_line_with_a_hint(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    refused = begin(
        tmp_path / "home", str(app), "--runtime", "docker", log=tmp_path, DOCKER_HOST=f"unix://{tmp_path}/none"
    )
    assert refused.process.wait(60) == 4
    error, hint = refused.err.read_text().split("\n\n")
    assert error == f"error: cannot use the Docker engine at unix://{tmp_path}/none: it is not running"
    assert hint.startswith("hint: start it")
