"""Heroku's own command, unmodified, from npm, through a whole life of an app."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, Platform, environment, get, platform, until, web_app

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


def test_herokus_own_command_drives_an_app_from_its_creation_to_its_end(tmp_path: Path, heroku: Path) -> None:
    folder = web_app(tmp_path / "shop", body="(os.environ.get('GREETING') or 'none').encode()")
    (folder / "Procfile").write_text("web: python3 server.py\nworker: sleep 100\n")
    with platform(tmp_path, "--empty") as running:
        cli = Cli(heroku, running, tmp_path)
        git(folder, cli, "init", "-q", "-b", "main")
        git(folder, cli, "add", "-A")
        git(folder, cli, "commit", "-qm", "one")
        assert "shop.localhost" in cli("apps:create", "shop", folder=folder)
        pushed = git(folder, cli, "push", "heroku", "main")
        assert pushed.returncode == 0, pushed.stderr
        running.up()
        assert "web.1: up" in cli("ps", "-a", "shop")

        assert "GREETING: hello" in cli("config:set", "GREETING=hello", "-a", "shop")
        until(lambda: get(running.url()) == (200, "hello"))
        assert "now running worker at 2" in cli("ps:scale", "worker+1", "-a", "shop")
        cli("ps:restart", "web.1", "-a", "shop")

        assert "Deploy " in cli("releases", "-a", "shop")
        assert "done, v4" in cli("rollback", "v2", "-a", "shop")
        until(lambda: get(running.url()) == (200, "none"))

        assert "REDIS_URL" in cli("addons:create", "heroku-redis", "-a", "shop")
        cli("addons:destroy", "heroku-redis", "-a", "shop", "--confirm", "shop")

        assert "hello from run" in cli("run", "-a", "shop", "--", "echo hello from $DYNO").replace("run.", "run ")
        assert "Release v4 created" in cli("logs", "-n", "1500", "-a", "shop")

        unknown = cli("config", "-a", "nobody", code=2)
        assert "Error ID: not_found" in unknown
        cli("apps:destroy", "-a", "shop", "--confirm", "shop")
        assert running.json("apps") == []


def test_the_environment_is_refused_while_no_platform_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "heroku:env"], env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    assert "no platform runs" in done.stderr
