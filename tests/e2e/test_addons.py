"""Apps with add-ons, as a user has them."""

import json
import os
import re
import signal
from pathlib import Path

import psycopg
import pytest

from tests.e2e.harness import begin, get, left_behind, platform, ready, until, web_app

pytestmark = pytest.mark.slow

#: Redis over a bare socket, so that the app needs no build.
REDIS = """
import socket, urllib.parse
def redis(*words):
    at = urllib.parse.urlsplit(os.environ["REDIS_URL"])
    with socket.create_connection((at.hostname, at.port)) as there, there.makefile("rwb") as file:
        for command in (("AUTH", at.password), words):
            file.write(b"*%d\\r\\n" % len(command))
            file.write(b"".join(b"$%d\\r\\n%s\\r\\n" % (len(word), word.encode()) for word in command))
            file.flush()
            answer = file.readline()
    return answer.strip()
"""


def with_addons(app: Path, *addons: object) -> Path:
    (app / "app.json").write_text(json.dumps({"addons": addons}))
    return app


def servers(home: Path) -> list[str]:
    """Processes that work in this home's add-ons."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(home / "addons"):
                found.append(f"{link.parent.name} {(link.parent / 'cmdline').read_text()}")
        except OSError:
            continue
    return found


def test_data_in_redis_stays_over_relocation_and_over_down_and_up(tmp_path: Path) -> None:
    app = with_addons(web_app(tmp_path / "shop", before=REDIS, body="redis('INCR', 'n')"), "heroku-redis:mini")
    with platform(tmp_path, app) as running:
        url = running.url()
        assert [get(url)[1] for _ in range(2)] == [":1", ":2"]
        running.cli("ps:relocate", "web.1")
        running.up()
        assert get(url)[1] == ":3"
        log = running.logs()
        assert re.search(r"app\[api\]: Attach REDIS \(@ref:redis-[a-z]+-\d{5}\) by user ", log)
        assert "app[heroku-redis]: " in log
        assert running.json("apps")[0]["release"] == "v3"
        assert servers(running.home)
        running.cli("down")
        assert servers(running.home) == []
    with platform(tmp_path, app) as running:
        assert get(running.url())[1] == ":4"
        assert running.json("apps")[0]["release"] == "v3"
        assert "-----> Building" not in running.err.read_text()


def test_kill_9_of_the_platform_leaves_no_server_and_no_data_is_lost(tmp_path: Path) -> None:
    app = with_addons(web_app(tmp_path / "shop", body="os.environ['DATABASE_URL'].encode()"), "heroku-postgresql")
    (app / ".env").write_text("DATABASE_URL=postgres://localhost/mine\n")
    home = tmp_path / "home"
    running = begin(home, str(app), log=tmp_path)
    ready(running)
    assert " !     DATABASE_URL is set by an add-on" in running.err.read_text()
    database = get(running.url())[1]
    with psycopg.connect(database, autocommit=True) as session:
        session.execute("CREATE TABLE t ()")
        session.execute("INSERT INTO t DEFAULT VALUES")
    assert len(servers(home)) > 3
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    until(lambda: servers(home) == [] and left_behind(home) == [])
    with platform(tmp_path, app) as again:
        assert get(again.url())[1] == database
        with psycopg.connect(database) as session:
            assert session.execute("SELECT count(*) FROM t").fetchone() == (1,)
    assert servers(home) == []


def test_an_unknown_addon_is_a_warning_and_one_asked_for_later_is_attached_then(tmp_path: Path) -> None:
    app = with_addons(web_app(tmp_path / "shop", body="repr(sorted(os.environ)).encode()"), "papertrail:choklad")
    with platform(tmp_path, app) as running:
        told = running.err.read_text()
        assert " !     app.json asks for the add-on papertrail:choklad: there is no add-on service" in told
        assert "SESSIONS_URL" not in get(running.url())[1]
        with_addons(app, {"plan": "heroku-redis", "as": "SESSIONS"})
        running.cli("builds:create", str(app))
        until(lambda: "SESSIONS_URL" in get(running.url())[1])
        assert "Attach SESSIONS (@ref:redis-" in running.logs()
