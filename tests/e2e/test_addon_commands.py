"""Add-ons by command, as a user has them."""

import json
import os
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest

from tests.e2e.harness import COMMAND, Platform, begin, environment, get, left_behind, platform, ready, until, web_app
from tests.e2e.test_addons import servers

pytestmark = pytest.mark.slow

URLS = "repr(sorted(name for name in os.environ if name.endswith('_URL'))).encode()"


def test_made_lent_promoted_and_destroyed_each_by_a_release(tmp_path: Path) -> None:
    shop, blog = (web_app(tmp_path / name, body=URLS) for name in ("shop", "blog"))
    with platform(tmp_path, shop, blog) as running:
        running.cli("addons:create", "heroku-postgresql", "-a", "shop")
        running.cli("addons:create", "redis", "--as", "cache", "--name", "redis-mine", "-a", "shop")
        until(lambda: "CACHE_URL" in get(running.url("shop"))[1])
        assert "'DATABASE_URL'" in get(running.url("shop"))[1]
        first, second = running.json("addons", "-a", "shop")
        assert (second["name"], second["state"], second["config_vars"]) == (
            "redis-mine",
            "provisioned",
            ["CACHE_URL"],
        )
        taken = running.cli("addons:create", "redis", "--as", "CACHE", "-a", "shop", check=False)
        assert (taken.returncode, "the name is taken" in taken.stderr) == (2, True)

        running.cli("addons:attach", "shop::DATABASE", "-a", "blog")
        until(lambda: "'DATABASE_URL'" in get(running.url("blog"))[1])
        running.cli("pg:psql", "-a", "blog", "-c", "CREATE TABLE t AS SELECT 42 AS a")
        assert "42" in running.cli("pg:psql", "-a", "shop", "-c", "SELECT a FROM t").stdout
        assert "Tables:       1" in running.cli("pg:info", "-a", "shop").stdout
        assert running.cli("redis:cli", "-a", "shop", "-c", "SET k 'two words'").stdout == "OK\n"

        running.cli("addons:create", "postgres", "-a", "shop")
        third = running.json("addons", "-a", "shop")[2]
        running.cli("pg:promote", third["name"], "-a", "shop")
        assert "Tables:       0" in running.cli("pg:info", "-a", "shop").stdout
        assert "DATABASE_URL" in running.json("addons", "-a", "shop")[2]["config_vars"]

        unconfirmed = running.cli("addons:destroy", first["name"], "-a", "shop", check=False)
        assert (unconfirmed.returncode, "--confirm shop" in unconfirmed.stderr) == (2, True)
        lent = running.cli("addons:destroy", first["name"], "-a", "shop", "--confirm", "shop", check=False)
        assert (lent.returncode, "blog is attached to it too" in lent.stderr) == (2, True)
        running.cli("addons:destroy", first["name"], "-a", "shop", "--confirm", "shop", "--force")
        until(lambda: get(running.url("blog"))[1] == "[]")
        assert not list((running.home / "addons").glob(f"*/{first['name']}"))
        log = running.logs("-a", "shop")
        assert "Attach CACHE (@ref:redis-mine) by user" in log
        assert f"(@ref:{first['name']}) by user" in log.partition("Detach ")[2]
        assert running.json("apps")[0]["release"] == "v7"
        running.cli("down")
    with platform(tmp_path, shop, blog) as running:
        assert [each["name"] for each in running.json("addons", "-a", "shop")] == ["redis-mine", third["name"]]
        assert running.cli("redis:cli", "-a", "shop", "-c", "GET k").stdout == "two words\n"
        assert running.json("apps")[0]["release"] == "v7"


def test_kill_9_in_the_middle_of_a_creation_is_finished_by_the_next_up(tmp_path: Path) -> None:
    app, home = web_app(tmp_path / "shop", body=URLS), tmp_path / "home"
    running = begin(home, str(app), log=tmp_path)
    ready(running)
    ledger = home / "addons" / "shop" / "addons.json"
    words = [*COMMAND, "addons:create", "heroku-postgresql"]
    with subprocess.Popen(words, env=environment(home), stderr=subprocess.PIPE, text=True) as creating:
        until(ledger.exists)
        os.kill(running.process.pid, signal.SIGKILL)
        assert creating.wait() != 0
        assert "Traceback" not in creating.stderr.read()
    running.process.wait()
    (begun,) = json.loads(ledger.read_text())["addons"]
    assert begun["addon"]["state"] == "provisioning"
    until(lambda: servers(home) == [] and left_behind(home) == [])
    with platform(tmp_path, app) as again:
        (addon,) = again.json("addons")
        assert (addon["name"], addon["state"]) == (begun["addon"]["name"], "provisioned")
        assert "'DATABASE_URL'" in get(again.url())[1]
        assert again.cli("pg:psql", "-c", "SELECT 1").returncode == 0
        (place,) = [path.name for path in (home / "addons" / "shop").iterdir() if path.is_dir()]
        assert place == addon["name"]


def test_a_database_killed_under_load_comes_back_with_all_it_acknowledged(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", body="os.environ.get('DATABASE_URL', '').encode()")
    with platform(tmp_path, app) as running:
        running.cli("addons:create", "heroku-postgresql")
        database = until(lambda: get(running.url())[1])
        with psycopg.connect(database, autocommit=True) as session:
            session.execute("CREATE TABLE t (a int PRIMARY KEY)")
        acknowledged, stop = [0] * 4, threading.Event()

        def write(lane: int) -> None:
            while not stop.is_set():
                try:
                    with psycopg.connect(database, autocommit=True, connect_timeout=5) as session:
                        while not stop.is_set():
                            session.execute("INSERT INTO t VALUES (%s)", (acknowledged[lane] * 4 + lane,))
                            acknowledged[lane] += 1
                except psycopg.errors.UniqueViolation:  # it was written, only the answer was lost
                    acknowledged[lane] += 1
                except psycopg.OperationalError:
                    stop.wait(0.02)

        writers = [threading.Thread(target=write, args=(lane,)) for lane in range(4)]
        for each in writers:
            each.start()
        try:
            for goal in (50, 100, 150):
                until(lambda goal=goal: min(acknowledged) > goal)
                running.cli("addons:fail")
                assert running.json("addons")[0]["failed"] is True
                running.cli("addons:recover", "DATABASE")
            until(lambda: min(acknowledged) > 200)
        finally:
            stop.set()
            for each in writers:
                each.join()
        with psycopg.connect(database) as session:
            (count,) = session.execute("SELECT count(*) FROM t").fetchone() or (0,)
        assert count in range(sum(acknowledged), sum(acknowledged) + 5)
        assert get(running.url())[1] == database
        assert "Killed by SIGKILL, as asked" in running.logs("-p", "heroku-postgres")


def api(running: Platform, method: str, path: str, **body: object) -> tuple[int, object]:
    """The control API on loopback, as Heroku's clients call it."""
    known = json.loads((running.home / "platform.json").read_text())
    request = urllib.request.Request(
        f"http://127.0.0.1:{known['control_port']}{path}",
        data=json.dumps(body).encode() if body else None,
        method=method,
        headers={"Authorization": f"Bearer {(running.home / 'token').read_text().strip()}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_the_platform_api_as_herokus_clients_use_it(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop", body=URLS), web_app(tmp_path / "blog")) as running:
        status, made = api(running, "POST", "/apps/shop/addons", plan={"name": "heroku-redis:mini"}, attachment={})
        assert status == 201
        assert made["plan"]["price"]["cents"] == 0
        assert (made["state"], made["config_vars"], made["app"]["name"]) == ("provisioned", ["REDIS_URL"], "shop")
        status, found = api(running, "POST", "/actions/addons/resolve", addon="REDIS_URL", app="shop")
        assert (status, [each["id"] for each in found]) == (200, [made["id"]])
        assert api(running, "POST", "/actions/addons/resolve", addon="nope", app="shop") == (
            404,
            {"id": "not_found", "message": "Couldn't find that add-on.", "exit_code": 1},
        )
        status, attached = api(running, "POST", "/addon-attachments", addon=made["name"], app={"name": "blog"})
        assert (status, attached["name"], attached["addon"]["app"]["name"]) == (201, "REDIS", "shop")
        status, meant = api(running, "POST", "/actions/addon-attachments/resolve", addon_attachment="redis")
        assert {each["app"]["name"] for each in meant} == {"shop", "blog"}
        _, config = api(running, "GET", f"/addons/{made['id']}/config")
        assert [each["name"] for each in config] == ["REDIS_URL"]
        assert [each["id"] for each in api(running, "GET", "/apps/blog/addon-attachments")[1]] == [attached["id"]]
        assert api(running, "DELETE", f"/addon-attachments/{attached['id']}")[0] == 200
        assert api(running, "GET", "/apps/blog/addon-attachments") == (200, [])
        _, changed = api(running, "PATCH", f"/apps/shop/addons/{made['id']}", plan="heroku-redis:premium-0")
        assert changed["plan"]["name"] == "heroku-redis:premium-0"
        status, told = api(running, "PATCH", f"/addons/{made['id']}", plan="bucket")
        assert (status, told["id"]) == (422, "invalid_params")
        assert api(running, "DELETE", f"/apps/shop/addons/{made['id']}")[1]["state"] == "deprovisioned"
        assert api(running, "GET", "/addons") == (200, [])
        for path in ("/addon-services", "/addon-services/bucket", "/addon-services/redis/plans"):
            assert api(running, "GET", path)[0] == 200


def test_a_release_command_that_fails_stops_neither_making_nor_destroying_an_addon(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", body=URLS)
    (app / "Procfile").write_text('web: python3 server.py\nrelease: test -z "$REDIS_URL"\n')
    with platform(tmp_path, app) as running:
        failed = running.cli("addons:create", "redis", check=False)
        assert (failed.returncode, "the release command of shop exited with status 1" in failed.stderr) == (1, True)
        (addon,) = running.json("addons")
        assert (addon["state"], get(running.url())[1]) == ("provisioned", "[]")
        running.cli("addons:wait", "REDIS")
        running.cli("addons:destroy", "REDIS", "--confirm", "shop")
        assert running.json("addons") == []
