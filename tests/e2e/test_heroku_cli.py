"""Heroku's own command, unmodified, from npm, through a whole life of an app."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, Platform, environment, get, platform, until
from tests.e2e.test_lesson import lesson_app

pytestmark = pytest.mark.slow

VERSION = "11.10.0"
#: Installed once for all checkouts of a machine; npm fetches some 400 MB.
PLACE = Path.home() / ".cache" / "minipaas-tests" / f"heroku-{VERSION}"
NPM_PATIENCE_S = 600


@pytest.fixture(scope="module")
def heroku() -> Path:
    """The command."""
    command = PLACE / "node_modules" / ".bin" / "heroku"
    if not command.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        PLACE.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(PLACE), f"heroku@{VERSION}"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=NPM_PATIENCE_S, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm cannot install heroku: {done.stderr[-300:]}")
    return command


class Cli:
    """`heroku` in the environment that `minipaas heroku:env` prints."""

    def __init__(self, command: Path, running: Platform, home: Path) -> None:
        self._command = command
        given = running.cli("heroku:env", "--json").stdout
        own = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "c"), "XDG_DATA_HOME": str(home / "d")}
        quiet = {"DISABLE_TELEMETRY": "true", "HEROKU_SKIP_NEW_VERSION_CHECK": "1", "NO_COLOR": "1"}
        base = {key: value for key, value in os.environ.items() if key != "NODE_EXTRA_CA_CERTS"}
        self.env = {**base, **own, **quiet, **json.loads(given)}

    def __call__(self, *words: str, code: int = 0, folder: Path | None = None) -> str:
        """What it says on stdout and stderr together."""
        done = subprocess.run(
            [str(self._command), *words],
            env=self.env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout + done.stderr


def git(folder: Path, cli: Cli, *words: str) -> "subprocess.CompletedProcess[str]":
    own = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words)
    return subprocess.run(
        own, cwd=folder, env=cli.env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_the_whole_lesson_with_herokus_own_command(tmp_path: Path, heroku: Path) -> None:
    folder = lesson_app(tmp_path / "shop")
    with platform(tmp_path, "--empty") as running:
        cli = Cli(heroku, running, tmp_path)
        git(folder, cli, "init", "-q", "-b", "main")
        git(folder, cli, "add", "-A")
        git(folder, cli, "commit", "-qm", "one")
        assert "shop.localhost" in cli("apps:create", "shop", folder=folder)
        assert "REDIS_URL" in cli("addons:create", "heroku-redis", "-a", "shop")
        pushed = git(folder, cli, "push", "heroku", "main")
        assert pushed.returncode == 0, pushed.stderr
        running.up()
        assert "migrated for release." in cli("logs", "-n", "1500", "-a", "shop")
        assert "now running web at 2" in cli("ps:scale", "web=2", "worker=1", "-a", "shop")
        running.up("web.2")
        assert "web.2: up" in cli("ps", "-a", "shop")
        get(running.url() + "queue-1")
        until(lambda: get(running.url()) == (200, "hi queue-1"))

        assert "GREETING: hello" in cli("config:set", "GREETING=hello", "-a", "shop")
        until(lambda: get(running.url()) == (200, "hello queue-1"))
        (folder / "bin" / "compile").write_text("#!/bin/sh\nexit 1\n")
        git(folder, cli, "commit", "-qam", "bad")
        assert git(folder, cli, "push", "heroku", "main").returncode == 1
        assert "Deploy " in cli("releases", "-a", "shop")
        assert "done, v5" in cli("rollback", "v3", "-a", "shop")
        until(lambda: get(running.url()) == (200, "hi queue-1"))

        cli("ps:restart", "-a", "shop")
        for dyno in ("web.1", "web.2", "worker.1"):
            running.cli("ps:relocate", dyno, "-a", "shop")
            running.up(dyno)
        until(lambda: get(running.url()) == (200, "hi queue-1"))
        assert "hello from run" in cli("run", "-a", "shop", "--", "echo hello from $DYNO").replace("run.", "run ")
        assert "Error ID: not_found" in cli("config", "-a", "nobody", code=2)
        cli("addons:destroy", "heroku-redis", "-a", "shop", "--confirm", "shop")
        cli("apps:destroy", "-a", "shop", "--confirm", "shop")
        assert running.json("apps") == []


def test_the_environment_is_refused_while_no_platform_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "heroku:env"], env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    assert "no platform runs" in done.stderr
