"""What public apps and a first user ran into, each as a small app of our own."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from minipaas.control.config import compose_formation
from minipaas.model.app import AddonWish, AppJson, FormationEntry
from minipaas.model.release import Slug
from minipaas.parse.app_json import parse_app_json
from tests.e2e.harness import (
    COMMAND,
    PATIENCE_S,
    Platform,
    begin,
    environment,
    left_behind,
    platform,
    until,
    web_app,
    write_app,
)

pytestmark = pytest.mark.slow


def run(home: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """A command on a home where, as far as the test knows, no platform runs."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        env=environment(home),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
    )


def slow_build(folder: Path) -> Path:
    """An app whose build does not end by itself."""
    app = web_app(folder)
    (app / "bin" / "compile").write_text("#!/bin/sh\necho begun\nsleep 600\n")
    return app


def building(running: Platform) -> bool:
    """Whether the buildpack has begun."""
    return "begun" in running.err.read_text()


# A first user's words


def test_d_and_a_in_one_word_start_one_platform_and_not_a_chain_of_them(tmp_path: Path) -> None:
    app, home = web_app(tmp_path / "shop"), tmp_path / "home"
    try:
        done = run(home, "up", "-da", "store", "--port", "0", app)
        assert done.returncode == 0
        assert "store is at http://127.0.0.1:" in done.stderr
        assert len([each for each in left_behind(home) if "--report-fd" in each]) == 1
    finally:
        run(home, "down")
    assert left_behind(home) == []


def test_an_error_of_a_platform_in_the_background_is_told_in_front(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with platform(tmp_path, web_app(tmp_path / "shop")):
        done = run(home, "up", "--detach", "--port", "0", tmp_path / "shop")
    assert done.returncode == 4
    assert "error: a platform is already running" in done.stderr
    assert "`minipaas down` stops it" in done.stderr


def test_a_release_command_that_fails_in_the_background_says_why_in_front(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "release: echo no such table; exit 3\nweb: sleep 600\n")
    done = run(tmp_path / "home", "up", "-d", "--port", "0", app)
    assert done.returncode == 1
    assert "no such table\n" in done.stderr
    assert "the release command of shop exited with status 3" in done.stderr
    assert "goes on running" not in done.stderr
    assert left_behind(tmp_path / "home") == []


@pytest.mark.parametrize("name", ["Bad Name!", "x", "9to5", "shop-", "ä"])
def test_a_name_that_cannot_be_in_a_url_is_refused_before_anything_is_built(tmp_path: Path, name: str) -> None:
    done = run(tmp_path / "home", "up", "-a", name, web_app(tmp_path / "shop"))
    assert done.returncode == 2
    assert f"error: an app cannot be called `{name}`: a name is 2 to 30 of a-z" in done.stderr
    assert not (tmp_path / "home").exists()


def test_one_name_for_two_folders_is_refused_and_not_dropped(tmp_path: Path) -> None:
    apps = [web_app(tmp_path / name) for name in ("shop", "blog")]
    done = run(tmp_path / "home", "up", "-a", "both", *apps)
    assert done.returncode == 2
    assert "error: cannot call this both" in done.stderr


# While `up` is still at it


def test_a_platform_that_builds_for_long_can_be_looked_at_and_stopped(tmp_path: Path) -> None:
    running = begin(tmp_path / "home", str(slow_build(tmp_path / "shop")), log=tmp_path)
    until(lambda: building(running))
    until(lambda: running.cli("apps", check=False).returncode == 0)
    assert running.json("builds")[0]["status"] == "pending"
    assert "Build started" in running.logs()
    assert running.cli("ps").stderr == "No dynos on shop.\n"
    running.cli("down")
    assert running.process.wait(PATIENCE_S) == 0
    assert left_behind(tmp_path / "home") == []


@pytest.mark.parametrize("words", [("down",), ("down", "--force")])
def test_down_stops_a_platform_that_does_not_answer_yet(tmp_path: Path, words: tuple[str, ...]) -> None:
    running = begin(tmp_path / "home", str(slow_build(tmp_path / "shop")), log=tmp_path)
    until(lambda: building(running))
    (tmp_path / "home" / "control.sock").unlink(missing_ok=True)
    assert running.cli(*words).stderr == "Stopping the platform... done\n"
    assert running.process.wait(PATIENCE_S) in (128 + signal.SIGTERM, 128 + signal.SIGINT)
    assert left_behind(tmp_path / "home") == []
    assert running.cli("down").stderr == f"No platform runs on {tmp_path / 'home'}.\n"


def test_a_command_tells_a_platform_that_does_not_answer_yet_from_none(tmp_path: Path) -> None:
    running = begin(tmp_path / "home", str(slow_build(tmp_path / "shop")), log=tmp_path)
    until(lambda: building(running))
    (tmp_path / "home" / "control.sock").unlink(missing_ok=True)
    early = running.cli("ps", check=False)
    if early.returncode:
        assert early.returncode == 4
        assert f"(pid {running.process.pid}) does not answer yet" in early.stderr
    second = run(tmp_path / "home", "up", tmp_path / "shop")
    assert second.returncode == 4
    assert f"a platform is already running on {tmp_path / 'home'} (pid {running.process.pid})" in second.stderr
    running.cli("down", "--force")
    running.process.wait(PATIENCE_S)


# What was said before


def test_logs_are_there_when_no_platform_runs(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop")) as running:
        running.logged("ready")
        os.kill(running.process.pid, signal.SIGINT)
        running.process.wait(PATIENCE_S)
    home = tmp_path / "home"
    done = run(home, "logs", "-n", "1500", "-p", "web")
    assert done.returncode == 0
    assert "app[web.1]: ready\n" in done.stdout
    assert "heroku[web.1]: Process exited with status 0\n" in done.stdout
    assert "app[api]" not in done.stdout
    assert done.stderr == f"(no platform runs on {home}; these lines were kept)\n"
    lines = [json.loads(line) for line in run(home, "logs", "--json", "-a", "shop").stdout.splitlines()]
    assert lines[-1]["message"] == "Process exited with status 0"


def test_logs_that_wait_for_more_need_a_platform(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "logs", "--tail")
    assert done.returncode == 4
    assert f"error: no platform runs on {tmp_path / 'home'}" in done.stderr


def test_the_output_of_the_build_that_up_made_can_be_shown(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    (app / "bin" / "compile").write_text("#!/bin/sh\necho '-----> Sweeping the floor'\n")
    with platform(tmp_path, app) as running:
        assert "-----> Sweeping the floor\n" in running.cli("builds:output").stdout
        unknown = running.cli("builds:output", "99", check=False)
        assert unknown.returncode == 1
        assert "error: there is no build 99" in unknown.stderr


def test_a_build_of_what_is_built_says_that_nothing_changed(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app) as running:
        told = running.cli("builds:create", str(app)).stderr
        assert "shop v2 runs (its source is unchanged, so its slug is too)\n" in told


# Files of real apps


def test_an_addon_that_stands_alone_in_app_json_is_read_with_a_warning() -> None:
    read = parse_app_json('{"name": "bin",\n"addons": "sentry"}')
    assert read.addons == (AddonWish("sentry"),)
    assert [str(each) for each in read.warnings] == ['app.json:2: `addons` must be a list: read as ["sentry"]']


def test_an_mcp_server_is_not_started_as_a_dyno_unless_asked_for() -> None:
    types = {"web": "node index.js http", "mcp": "node index.js stdio", "worker": "node worker.js"}
    slug = Slug(id="0", root=Path("/app"), process_types=types)
    formation = compose_formation(slug, {}, AppJson(), {})
    assert {type_: entry.quantity for type_, entry in formation.items()} == {"web": 1, "mcp": 0, "worker": 1}
    asked = compose_formation(slug, {}, AppJson(), {"mcp": FormationEntry(1)})
    assert asked["mcp"].quantity == 1
