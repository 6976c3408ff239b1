"""Releases, rollback, config vars and features, as a user has them."""

import concurrent.futures
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import (
    COMMAND,
    PATIENCE_S,
    Platform,
    begin,
    environment,
    get,
    left_behind,
    platform,
    ready,
    until,
    web_app,
    write_app,
)

pytestmark = pytest.mark.slow

GREETING = "(os.environ.get('GREETING', '') + ' ' + open('code').read()).encode()"
#: Fails, or waits until somebody ends it, as the config var MODE says.
RELEASE = """echo releasing $GREETING; case "$MODE" in bad) exit 7;; slow) sleep 987;; esac"""


def shop(tmp_path: Path, code: str, release: str = RELEASE) -> Path:
    """An app with a release command that answers GREETING and its code's version."""
    folder = web_app(tmp_path / "shop", body=GREETING)
    (folder / "code").write_text(code)
    (folder / "Procfile").write_text(f"release: {release}\nweb: python3 server.py\n")
    return folder


def page(running: Platform) -> str:
    return get(running.url())[1]


def told(running: Platform) -> list[tuple[str, str]]:
    return [(each["description"], each["status"]) for each in running.json("releases", "-n", "99")[::-1]]


def test_config_releases_and_rollback_from_first_to_last_and_over_a_restart(tmp_path: Path) -> None:
    app = shop(tmp_path, "one")
    (app / ".env").write_text("GREETING=file\n")
    (app / "app.json").write_text(json.dumps({"scripts": {"postdeploy": "echo seeding"}}))
    with platform(tmp_path, app) as running:
        assert running.logged("heroku[postdeploy.").count("app[postdeploy.") == 1
        assert running.json("releases:info")["current"] is True
        done = running.cli("config:set", "GREETING=command", "TOKEN=very secret")
        assert "Setting GREETING, TOKEN and restarting shop... done, v4" in done.stderr
        assert "releasing command" in done.stderr
        until(lambda: page(running) == "command one")
        (app / "code").write_text("two")
        running.cli("builds:create", str(app))
        until(lambda: page(running) == "command two")

        failed = running.cli("config:set", "MODE=bad", check=False)
        assert (failed.returncode, "v6 is not released" in failed.stderr) == (1, True)
        assert running.cli("releases:output").stdout.startswith("releasing command\n")
        assert page(running) == "command two"
        assert "MODE" not in running.json("config")
        back = running.cli("rollback")
        assert "Rolling back shop to v4... done, v7" in back.stderr
        assert "To undo, run: minipaas rollback v5" in back.stderr
        until(lambda: page(running) == "command one")
        running.cli("rollback", "3")
        until(lambda: page(running) == "file one")
        assert running.json("config") == {"GREETING": "file"}
        refused = running.cli("rollback", "v6", check=False)
        assert (refused.returncode, "it failed" in refused.stderr) == (2, True)
        assert "very secret" not in running.logs()
        running.cli("down")
    (app / ".env").write_text("GREETING=other\nNEW=1\n")
    with platform(tmp_path, app) as running:
        assert page(running) == "file one"  # neither the rollback's code nor its config vars are undone
        assert "v8 (Rollback to v3) goes on running" in running.err.read_text()
        assert "GREETING was set by command" in running.err.read_text()
        running.cli("config:push", str(app / ".env"))
        until(lambda: page(running) == "other one")
        running.cli("config:edit", EDITOR="sed -i s/other/edited/")
        assert running.cli("config:get", "GREETING").stdout == "edited\n"
        assert "nothing changes, v11 runs" in running.cli("config:set", "NEW=1").stderr
        assert running.cli("config:unset", "NEW", "GREETING").stderr.splitlines()[0].endswith("done, v12")
        assert running.json("config") == {}
        gone = running.cli("config:get", "NEW", check=False)
        assert (gone.returncode, gone.stdout, "not set on shop: NEW" in gone.stderr) == (1, "", True)
        assert told(running) == [
            ("Initial release", "succeeded"),
            ("Set GREETING config vars", "succeeded"),
            (running.json("releases:info", "v3")["description"], "succeeded"),
            ("Set GREETING, TOKEN config vars", "succeeded"),
            (running.json("releases:info", "v5")["description"], "succeeded"),
            ("Set MODE config vars", "failed"),
            ("Rollback to v4", "succeeded"),
            ("Rollback to v3", "succeeded"),
            ("Set NEW config vars", "succeeded"),
            ("Set GREETING config vars", "succeeded"),
            ("Set GREETING config vars", "succeeded"),
            ("Remove NEW, GREETING config vars", "succeeded"),
        ]
        assert "app[postdeploy." not in running.logs().rpartition("Rollback to v3")[2]


def test_kill_9_amid_build_release_and_config_change_leaves_the_last_good_release(tmp_path: Path) -> None:
    home, app = tmp_path / "home", shop(tmp_path, "one")
    compile_ = app / "bin" / "compile"
    with killed(begin(home, str(app), log=tmp_path)) as running:
        (app / "code").write_text("two")
        compile_.write_text("#!/bin/sh\necho compiling\nsleep 986\n")
        with started(running, "builds:create", str(app)):
            until(lambda: any("sleep 986" in each for each in left_behind(home)))
            os.kill(running.process.pid, signal.SIGKILL)
    (app / "code").write_text("one")
    compile_.write_text("#!/bin/sh\ntrue\n")
    assert json.loads((home / "apps" / "shop.json").read_text())["releases"][-1]["version"] == 2
    with killed(begin(home, str(app), log=tmp_path)) as running:
        assert page(running) == " one"
        assert running.json("builds")[0]["status"] == "succeeded"
        with started(running, "config:set", "MODE=slow", "GREETING=hi"):
            until(lambda: any("sleep 987" in each for each in left_behind(home)))
            assert running.json("releases")[0]["status"] == "pending"
            assert (running.json("config"), page(running)) == ({}, " one")
            os.kill(running.process.pid, signal.SIGKILL)
    with killed(begin(home, str(app), log=tmp_path)) as running:
        assert told(running)[-1] == ("Set MODE, GREETING config vars", "failed")
        assert (running.json("config"), page(running)) == ({}, " one")
        shop(tmp_path, "three", "sleep 985")
        with started(running, "builds:create", str(app)):
            until(lambda: any("sleep 985" in each for each in left_behind(home)))
            os.kill(running.process.pid, signal.SIGKILL)
    shop(tmp_path, "one")
    with platform(tmp_path, app) as running:
        assert told(running)[-1][1] == "failed"
        assert running.json("apps")[0]["release"] == "v2"
        assert page(running) == " one"
        with started(running, "config:set", "MODE=slow"):  # ended in good order it is told at once
            until(lambda: any("sleep 987" in each for each in left_behind(home)))
            running.cli("down")
    assert json.loads((home / "apps" / "shop.json").read_text())["releases"][-1]["status"] == "failed"


@contextmanager
def killed(running: Platform) -> Iterator[Platform]:
    """A platform that is up, and that the block kills."""
    ready(running)
    yield running
    running.process.wait(PATIENCE_S)
    until(lambda: not left_behind(running.home))


@contextmanager
def started(running: Platform, *words: str) -> Iterator[None]:
    """A command that is under way, and must end with words for people."""
    with subprocess.Popen(
        [*COMMAND, *words],
        env=environment(running.home),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as command:
        yield
        assert command.stderr is not None
        said = command.stderr.read()
        assert command.wait(PATIENCE_S) not in (0, 70), said
        assert "Traceback" not in said


def test_a_missing_or_damaged_slug_is_told_at_a_rollback_and_made_again_by_up(tmp_path: Path) -> None:
    app = shop(tmp_path, "one")
    with platform(tmp_path, app) as running:
        (app / "code").write_text("two")
        running.cli("builds:create", str(app))
        releases = running.json("releases")
        first, second = (running.home / "slugs" / releases[at]["slug"]["id"] for at in (1, 0))
        (first / "app" / "code").write_text("0ne")
        damaged = running.cli("rollback", check=False)
        assert (damaged.returncode, "cannot roll back to v2: its slug is damaged" in damaged.stderr) == (1, True)
        subprocess.run(["rm", "-r", str(first)], check=True)
        gone = running.cli("rollback", check=False)
        assert (gone.returncode, "its slug is gone" in gone.stderr) == (1, True)
        assert (page(running), running.json("apps")[0]["release"]) == (" two", "v3")
        subprocess.run(["rm", "-r", str(second)], check=True)
        refused = running.cli("config:set", "A=1", check=False)
        assert (refused.returncode, "the slug of v3 is gone" in refused.stderr) == (1, True)
        assert running.json("apps")[0]["release"] == "v3"
    with platform(tmp_path, app) as running:
        assert (page(running), running.json("apps")[0]["release"]) == (" two", "v3")
        (second / "app" / "code").write_text("")
    with platform(tmp_path, app) as running:
        assert "The slug is damaged" in running.err.read_text()
        assert (page(running), running.json("apps")[0]["release"]) == (" two", "v3")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_release_that_finds_the_disk_full_leaves_the_one_before_it(tmp_path: Path) -> None:
    app, disk = web_app(tmp_path / "shop", body="os.environ.get('A', '').encode()"), tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
    try:
        with platform(disk, app) as running:
            running.cli("config:set", "A=1")
            subprocess.run(["dd", "if=/dev/zero", f"of={disk / 'rest'}", "bs=4096"], capture_output=True)
            full = running.cli("config:set", "A=2", check=False)
            assert (full.returncode, "No space left on device" in full.stderr) == (1, True), full.stderr
            assert (running.json("config"), running.json("apps")[0]["release"]) == ({"A": "1"}, "v3")
            (disk / "rest").unlink()
            running.cli("config:set", "A=3")
            until(lambda: page(running) == "3")
            assert running.json("apps")[0]["release"] == "v4"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("preboot", [False, True])
def test_releases_under_load_lose_no_request(tmp_path: Path, preboot: bool) -> None:
    app = web_app(tmp_path / "shop", body="os.environ.get('TURN', '0').encode()")
    (app / "minipaas.yml").write_text("limits: {preboot: 500ms}\n")
    with platform(tmp_path, app, "--formation", "web=2") as running:
        if preboot:
            running.cli("features:enable", "preboot")
        url, answers = running.url(), []
        with load(url, answers):
            for turn in range(1, 6):
                running.cli("config:set", f"TURN={turn}")
            until(lambda: answers[-1][1] == "5")
            running.cli("rollback", "v2")
            until(lambda: answers[-1][1] == "0")
        assert {status for status, _ in answers} == {200}
        assert len(answers) > 50
        assert all(each["release"]["version"] == 8 for each in running.json("ps"))


@contextmanager
def load(url: str, answers: list[Any]) -> Iterator[None]:
    """Four clients, one request after the other."""
    over = threading.Event()

    def use() -> None:
        while not over.is_set():
            answers.append(get(url))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(use) for _ in range(4)]
        try:
            until(lambda: answers)
            yield
        finally:
            over.set()
        for client in clients:
            client.result()


def test_two_builds_at_once_wait_for_each_other_and_config_does_not_wait_for_them(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "worker: sleep 984\n", code="1")
    gate = tmp_path / "gate"
    with platform(tmp_path, app, "--runtime", "process") as running:
        (app / "bin" / "compile").write_text(
            f"#!/bin/sh\ntouch {gate}.begun\nuntil [ -e {gate} ]; do sleep 0.05; done\n"
        )
        first = subprocess.Popen([*COMMAND, "builds:create", str(app)], env=environment(running.home))
        until(Path(f"{gate}.begun").exists)  # it has its copy of the source
        (app / "code").write_text("2")
        second = subprocess.Popen(
            [*COMMAND, "builds:create", str(app)], env=environment(running.home), stderr=subprocess.PIPE, text=True
        )
        until(lambda: len(running.json("builds")) == 3)
        assert [each["status"] for each in running.json("builds")] == ["pending", "pending", "succeeded"]
        running.cli("config:set", "A=1")
        gate.touch()  # both builds go on
        assert first.wait(PATIENCE_S) == 0
        _, said = second.communicate(timeout=PATIENCE_S)
        assert (second.returncode, "this one waits for its end" in said) == (0, True)
        assert [each[0].split()[0] for each in told(running)] == ["Initial", "Deploy", "Set", "Deploy", "Deploy"]
        assert running.json("config") == {"A": "1"}
        released = [each["id"] for each in running.json("releases") if each["description"].startswith("Deploy")]
        assert [each["release"]["id"] for each in running.json("builds")] == released
