"""git push, we're done: a real git, real hooks, a real platform."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, Platform, begin, environment, get, platform, ready, until, web_app

pytestmark = pytest.mark.slow


def git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return run(git_words(*words), folder, git_env())


def run(words: Sequence[str], folder: Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def git_words(*words: str) -> tuple[str, ...]:
    return ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false", *words)


def git_env() -> dict[str, str]:
    return {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


def commit(folder: Path, message: str) -> str:
    """Everything as one more commit; its first eight digits."""
    git(folder, "add", "-A")
    done = git(folder, "commit", "-q", "-m", message)
    assert done.returncode == 0, done.stderr
    return git(folder, "rev-parse", "HEAD").stdout[:8]


def clone(tmp_path: Path, body: str = "b'one'") -> Path:
    """An app in a repository of its own, its path not an easy one."""
    folder = web_app(tmp_path / "my sh\u00f6p", body=body)
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitattributes").write_text("server.py export-ignore\n")
    commit(folder, "one")
    return folder


def create(running: Platform, folder: Path, name: str) -> None:
    done = run([*COMMAND, "apps:create", name], folder, environment(running.home))
    assert done.returncode == 0, done.stderr


def push(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return git(folder, "push", *(words or ("minipaas", "main")))


def versions(running: Platform) -> list[str]:
    return [each["description"] for each in running.json("releases", "-a", "shop")]


def test_an_app_is_created_pushed_and_goes_on_after_the_platform_came_back(tmp_path: Path) -> None:
    folder = clone(tmp_path)
    (folder / ".env").write_text("GREETING=no config var of a pushed app\n")
    commit(folder, "with a file that is no config here, as on Heroku")
    with platform(tmp_path, "--empty") as running:
        create(running, folder, "shop")
        first = push(folder)
        assert first.returncode == 0, first.stderr
        assert "remote: -----> " in first.stderr
        assert "Verifying deploy... done." in first.stderr
        running.up()
        assert get(running.url()) == (200, "one")
        head = git(folder, "rev-parse", "HEAD").stdout[:8]
        assert f"Deploy {head}" in versions(running)
        assert running.json("config") == {}
        assert running.json("builds")[0]["source_blob"]["version"][:8] == head

        git(folder, "checkout", "-q", "-b", "dev")
        assert "only main and master are deployed" in push(folder, "minipaas", "dev").stderr
        git(folder, "checkout", "-q", "main")
        deleted = push(folder, "minipaas", ":main")
        assert deleted.returncode == 1
        assert "cannot delete main" in deleted.stderr

        before = versions(running)
        (folder / "bin" / "compile").write_text("#!/bin/sh\necho no such wheel; exit 1\n")
        commit(folder, "bad")
        bad = push(folder)
        assert bad.returncode == 1
        assert "no such wheel" in bad.stderr
        assert "pre-receive hook declined" in bad.stderr
        assert versions(running) == before
        assert get(running.url()) == (200, "one")
        assert git(folder, "ls-remote", "minipaas", "main").stdout.startswith(head)
        running.stop()
        down = push(folder)
        assert down.returncode == 1
        assert "no platform runs" in down.stderr
    shutil.rmtree(running.home / "slugs")
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    again = begin(running.home, log=tmp_path, cwd=nothing)
    try:
        ready(again)
        assert "The slug of shop is gone or damaged" in again.err.read_text()
        assert get(again.url("shop")) == (200, "one")
        assert versions(again) == before
        destroyed = again.cli("apps:destroy", "-a", "shop", "--confirm", "shop")
        assert "Destroying shop... done" in destroyed.stderr
        assert again.json("apps") == []
        assert not (running.home / "git" / "shop.git").exists()
    finally:
        assert again.stop() == 130


@contextmanager
def gate() -> Iterator[tuple[socket.socket, str]]:
    """What a build waits at: a line of shell that goes on when the test writes to the connection it accepts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server, f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]} && read -r _ <&3"


def begin_push(folder: Path) -> "subprocess.Popen[str]":
    # A shell starts what it runs with `&` with SIGINT ignored; these tests may be run so.
    return subprocess.Popen(
        ("env", "--default-signal=INT", *git_words("push", "minipaas", "main")),
        cwd=folder,
        env=git_env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_pushes_that_meet_are_interrupted_or_lose_the_platform_leave_all_consistent(tmp_path: Path) -> None:
    folder = clone(tmp_path)
    with ExitStack() as stack, gate() as (server, wait), platform(tmp_path, "--empty") as running:
        create(running, folder, "shop")
        assert push(folder).returncode == 0

        def change(text: str) -> None:
            (folder / "bin" / "compile").write_text(f"#!/bin/bash\necho building {text}\n{wait}\n")
            commit(folder, text)

        change("two")
        first = stack.enter_context(begin_push(folder))
        building = stack.enter_context(server.accept()[0])
        meanwhile = push(folder)
        assert meanwhile.returncode == 1
        assert "Another push to this app is under way" in meanwhile.stderr
        os.killpg(first.pid, signal.SIGINT)
        assert first.wait(PATIENCE_S) != 0
        building.sendall(b"go on\n")
        until(lambda: len(versions(running)) == 3)
        assert push(folder).returncode == 0
        assert push(folder).stderr.startswith("Everything up-to-date")

        change("three")
        second = stack.enter_context(begin_push(folder))
        stack.enter_context(server.accept()[0])
        running.process.kill()
        assert second.wait(PATIENCE_S) != 0
        assert second.stderr is not None
        assert "Push rejected to shop" in second.stderr.read()
        running.process.wait()
        again = begin(running.home, "--empty", log=tmp_path)
        try:
            ready(again)
            assert get(again.url("shop")) == (200, "one")
            third = stack.enter_context(begin_push(folder))
            stack.enter_context(server.accept()[0]).sendall(b"go on\n")
            assert third.wait(PATIENCE_S) == 0
            assert list((running.home / "git" / "incoming").iterdir()) == []
        finally:
            again.stop()
