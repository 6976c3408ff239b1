"""A first hour with the tool, as a user has it."""

import concurrent.futures
import json
import subprocess
import threading
from pathlib import Path

import pytest

from tests.e2e.harness import (
    COMMAND,
    PATIENCE_S,
    environment,
    get,
    left_behind,
    platform,
    until,
    web_app,
    write_app,
)

pytestmark = pytest.mark.slow


def test_two_dynos_behind_one_url_take_turns(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop"), "--formation", "web=2") as running:
        url = running.url()
        answers = [get(url)[1] for _ in range(6)]
        assert answers[0] != answers[1]
        assert answers == answers[:2] * 3
        told = running.err.read_text()
        assert "web.1  up on host a, port" in told
        assert "web.2  up on host b, port" in told


def test_the_shared_port_chooses_the_app_by_its_host_name(tmp_path: Path) -> None:
    apps = [web_app(tmp_path / name, body=f"b'{name}'") for name in ("shop", "blog")]
    with platform(tmp_path, *apps) as running:
        for name in ("shop", "blog"):
            port = running.json("apps")[0]["web_url"].rstrip("/").rsplit(":", 1)[1]
            done = subprocess.run(
                ["curl", "-s", "-H", f"Host: {name}.localhost:{port}", f"http://127.0.0.1:{port}/"],
                capture_output=True,
                text=True,
                check=True,
                timeout=PATIENCE_S,
            )
            assert done.stdout == name
        unsaid = running.cli("ps:restart", check=False)
        assert unsaid.returncode == 2
        assert "name one with `--app`" in unsaid.stderr
        told = running.out.read_text()
        assert "shop | " in told
        assert "blog | " in told


def test_relocation_gives_a_dyno_another_host_address_port_and_disk(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", body="(open('seen', 'a').write('x'), open('seen').read())[1].encode()")
    with platform(tmp_path, app) as running:
        url, before = running.url(), running.dyno()
        assert [get(url)[1] for _ in range(2)] == ["x", "xx"]
        done = running.cli("ps:relocate", "web.1")
        assert done.stderr == "Relocating dyno web.1 on shop... done\n"
        after = running.up()
        assert get(url)[1] == "x"
        for key in ("id", "host", "address", "port"):
            assert before[key] != after[key]
        log = running.logged("Process exited with status 0")
        for line in (
            "Relocating from host a to host b",
            "Restarting",
            "State changed from up to starting",
            "Starting process with command `python3 server.py`",
            "Stopping all processes with SIGTERM",
            "State changed from starting to up",
        ):
            assert f"heroku[web.1]: {line}" in log


def test_a_failing_host_loses_its_dynos_and_they_come_up_elsewhere(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop"), "--formation", "web=3") as running:
        lost = running.dyno("web.2")
        assert lost["host"] == "b"
        done = running.cli("hosts", "fail", "b")
        assert "b  failed  127.0.1.2  -" in done.stdout
        found = until(lambda: (dyno := running.dyno("web.2"))["state"] == "up" and dyno)
        assert found["host"] != "b"
        assert "Process exited" not in running.logs("-d", "web.2")
        running.cli("hosts:recover", "b")
        assert {each["state"] for each in running.json("hosts")} == {"up"}
        assert running.cli("hosts:fail", "zz", check=False).returncode == 1


def test_scaling_up_and_down_and_to_nothing(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop")) as running:
        done = running.cli("ps:scale", "web=3")
        assert done.stderr == "Scaling dynos... done, now running web at 3:Standard-1X\n"
        assert running.cli("ps", "scale").stdout == "web=3:Standard-1X\n"
        until(lambda: [each["state"] for each in running.json("ps")] == ["up"] * 3)
        running.cli("scale", "web-2")
        until(lambda: len(running.json("ps")) == 1)
        running.cli("ps:scale", "web=0")
        assert get(running.url())[0] == 503
        assert 'code=H14 desc="No web processes running"' in running.logged("code=H14")
        assert running.cli("ps:scale", "clock=1", check=False).returncode == 2


def test_an_unchanged_app_is_not_built_again_and_keeps_release_and_formation(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app, "--formation", "web=2") as running:
        release = running.json("apps")[0]["release"]
    with platform(tmp_path, app) as running:
        assert "-----> Building" not in running.err.read_text()
        assert running.json("apps")[0]["release"] == release
        assert len(running.json("ps")) == 2
        assert [each["reused"] for each in running.json("builds")] == [True, False]
        assert "Release v2 created" in running.logs()


def test_a_failing_build_leaves_the_last_good_release_running(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app) as running:
        (app / "bin" / "compile").write_text("#!/bin/sh\necho '       no such package: leftpad' >&2\nexit 1\n")
        done = running.cli("builds:create", str(app), check=False)
        assert done.returncode == 1
        assert "       no such package: leftpad\n" in done.stderr
        assert get(running.url()) == (200, "web.1")
        assert running.json("apps")[0]["release"] == "v2"
        assert running.json("builds")[0]["status"] == "failed"
        assert "no such package" in running.cli("builds:output").stdout
    failed = subprocess.run(
        [*COMMAND, "up", str(app), "--port", "0"],
        env=environment(running.home),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert failed.returncode == 1
    assert "no such package: leftpad" in failed.stderr


def test_a_new_build_is_released_and_the_dynos_follow(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", body="b'one'")
    with platform(tmp_path, app) as running:
        url = running.url()
        web_app(app, body="b'two'")
        done = running.cli("builds:create", str(app))
        assert "-----> Plain app detected" in done.stderr
        until(lambda: get(url) == (200, "two"))
        assert running.json("apps")[0]["release"] == "v3"


def test_the_release_phase_runs_first_and_a_failing_one_keeps_the_old_release(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", body="b'one'")
    (app / "Procfile").write_text("release: echo migrating\nweb: python3 server.py\n")
    with platform(tmp_path, app) as running:
        log = running.logs()
        assert "app[release." in log
        assert log.index("migrating") < log.index("heroku[web.1]: Starting process")
        web_app(app, body="b'two'")
        (app / "Procfile").write_text("release: exit 7\nweb: python3 server.py\n")
        done = running.cli("builds:create", str(app), check=False)
        assert done.returncode == 1
        assert "exited with status 7" in done.stderr
        assert get(running.url()) == (200, "one")
        assert running.json("apps")[0]["release"] == "v2"


def test_config_comes_from_env_file_and_app_json_and_secrets_stay_the_same(tmp_path: Path) -> None:
    body = "repr([os.environ.get(k) for k in ('GREETING', 'COLOUR', 'SECRET')]).encode()"
    app = web_app(tmp_path / "shop", body=body)
    (app / ".env").write_text("GREETING='hello there'\n")
    env = {"COLOUR": "green", "GREETING": "not this", "SECRET": {"generator": "secret"}}
    (app / "app.json").write_text(json.dumps({"env": env, "formation": {"web": {"quantity": 2}}}))
    with platform(tmp_path, app) as running:
        seen = {get(running.url())[1] for _ in range(4)}
        assert len(seen) == 1
        first = seen.pop()
        assert first.startswith("['hello there', 'green', '")
        assert "hello there" not in running.logs()
        assert ".env" not in subprocess.run(["find", running.home / "slugs"], capture_output=True, text=True).stdout
    with platform(tmp_path, app) as running:
        assert get(running.url())[1] == first


def test_apps_reach_each_other_through_the_router_alone(tmp_path: Path) -> None:
    ask = "__import__('urllib.request').request.urlopen(os.environ['QUOTES_URL']).read()"
    web_app(tmp_path / "all" / "site", body=ask)
    web_app(tmp_path / "all" / "quotes", body="b'to be'")
    (tmp_path / "all" / "minipaas.yml").write_text(
        "apps:\n  site: {path: site, uses: [quotes]}\n  quotes: {path: quotes, formation: {web: 2}}\n"
    )
    with platform(tmp_path, tmp_path / "all") as running:
        assert get(running.url("site")) == (200, "to be")
        assert "heroku[router]: at=info method=GET" in running.logs("-a", "quotes")


def test_logs_are_filtered_as_heroku_filters_them(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    (app / "Procfile").write_text("web: python3 server.py\nworker: echo working; sleep 1000\n")
    with platform(tmp_path, app) as running:
        get(running.url())
        running.logged("heroku[router]")
        assert set(_processes(running.logs("-s", "app"))) == {"api", "web.1", "worker.1"}
        assert set(_processes(running.logs("-p", "worker"))) == {"worker.1"}
        assert set(_processes(running.logs("-d", "router"))) == {"router"}
        assert len(running.cli("logs", "-n", "3").stdout.splitlines()) == 3
        first = json.loads(running.cli("logs", "-d", "worker.1", "-s", "app", "--json").stdout.splitlines()[0])
        assert first["message"] == "working"
        assert running.cli("logs", "-n", "0", check=False).returncode == 2


def _processes(text: str) -> list[str]:
    return [line.partition("[")[2].partition("]")[0] for line in text.splitlines()]


def test_a_tail_goes_on_until_the_platform_stops_and_sees_its_last_lines(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop")) as running:
        tail = subprocess.Popen(
            [*COMMAND, "logs", "--tail"],
            env=environment(running.home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.cli("ps:restart")
        running.logged("Process exited with status 0")
        running.cli("down")
        out, err = tail.communicate(timeout=PATIENCE_S)
        assert "heroku[web.1]: Restarting" in out
        assert out.count("heroku[web.1]: Process exited with status 0") == 2
        assert err == "The platform has stopped.\n"
        assert running.process.wait(PATIENCE_S) == 0


def test_detached_up_returns_when_the_release_is_up_and_down_ends_it(tmp_path: Path) -> None:
    app, home = web_app(tmp_path / "shop"), tmp_path / "home"
    env = environment(home)
    done = subprocess.run(
        [*COMMAND, "up", str(app), "--port", "0", "--detach"],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    url = done.stderr.partition("shop is at ")[2].split()[0]
    assert get(url) == (200, "web.1")
    down = subprocess.run([*COMMAND, "down"], env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert down.returncode == 0
    assert left_behind(home) == []
    again = subprocess.run([*COMMAND, "down"], env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert again.returncode == 0
    assert f"No platform runs on {home}." in again.stderr


@pytest.mark.parametrize("runtime", ["sandbox", "process"])
def test_restarts_and_relocations_under_load_lose_no_request(tmp_path: Path, runtime: str) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app, "--formation", "web=2", "--runtime", runtime) as running:
        url, over, answers = running.url(), threading.Event(), []

        def load() -> None:
            while not over.is_set():
                answers.append(get(url)[0])

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(load) for _ in range(4)]
            try:
                for turn in range(10):
                    running.cli(("ps:restart", "ps:relocate")[turn % 2], f"web.{turn % 4 // 2 + 1}")
            finally:
                over.set()
            for client in clients:
                client.result()
        assert len(answers) > 50
        assert set(answers) == {200}


def test_maintenance_mode_answers_every_request_and_stays_over_a_restart(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app) as running:
        running.cli("maintenance:on")
        assert get(running.url())[0] == 503
        assert "at=info code=H80" in running.logged("code=H80")
    with platform(tmp_path, app) as running:
        assert running.cli("maintenance").stdout == "on\n"
        running.cli("maintenance:off")
        assert get(running.url()) == (200, "web.1")


def test_faulty_files_are_told_with_their_line_and_exit_2(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    (app / "app.json").write_text('{\n  "formation": {"web": {"quantity": "two"}}\n}\n')
    done = subprocess.run(
        [*COMMAND, "up", str(app), "--port", "0"],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 2
    assert "app.json:2: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_procfile_line_that_heroku_would_drop_is_told(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "web:python3 server.py\n")
    with platform(tmp_path, app) as running:
        assert "Procfile:1: " in running.err.read_text()
        assert get(running.url())[0] == 503


def test_commands_without_a_platform_exit_4_and_say_how_to_start_one(tmp_path: Path) -> None:
    for words in (["ps"], ["logs"], ["apps"], ["ps:restart"], ["hosts"]):
        done = subprocess.run(
            [*COMMAND, *words], env=environment(tmp_path / "home"), capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert (done.returncode, done.stdout) == (4, "")
        assert "`minipaas up` starts one" in done.stderr


def test_an_app_that_insists_on_https_can_be_told_that_clients_came_by_it(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", body="self.headers['X-Forwarded-Proto'].encode()")
    with platform(tmp_path, app, "--https") as running:
        assert get(running.url()) == (200, "https")
