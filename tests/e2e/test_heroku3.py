"""Python's heroku3, unmodified, drives the life of an app; in a process of its own, for its import warns."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import PATIENCE_S, get, platform, until, web_app

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
import heroku3, heroku3.api
from requests.exceptions import HTTPError
heroku3.api.HEROKU_URL, key = sys.argv[1:]
heroku = heroku3.from_key(key)
assert heroku.is_authenticated
assert not heroku3.from_key("wrong").is_authenticated
assert heroku.account().email.endswith("@localhost")
assert [app.name for app in heroku.apps()] == ["shop"]
app = heroku.apps()["shop"]
assert (app.maintenance, [dyno.name for dyno in app.dynos()]) == (False, ["web.1"])
assert [each.user.email for each in app.collaborators()] == [heroku.account().email]

app.process_formation()["web"].scale(2)
assert app.process_formation()["web"].quantity == 2
app.scale_formation_process("web", 1)
app.update_config({"GREETING": "hello", "A": "1"})
config = app.config()
del config["A"]
assert app.config().to_dict() == {"GREETING": "hello"}
newest = app.releases(order_by="version", limit=1, sort="desc")[0]
assert newest.description == "Remove A config vars", newest.description
assert "Rollback to" in app.rollback(f"v{newest.version - 1}").description
assert app.config().to_dict() == {"GREETING": "hello", "A": "1"}

app.enable_maintenance_mode()
assert heroku.app("shop").maintenance
app.disable_maintenance_mode()
assert not heroku.app("shop").maintenance
app.enable_feature("preboot")
app.disable_feature("preboot")
app.restart()
assert "Disable maintenance mode" in app.get_log(lines=100)
assert b": " in next(iter(app.stream_log(lines=1)))
drain = app.create_logdrain("http://127.0.0.1:9/nobody")
drain.remove()
assert app.run_command_detached("true").name.startswith("run.")
assert [build.status for build in app.builds()] == ["succeeded"]

made = heroku.create_app(name="second")
assert made.git_url.endswith("/git/second.git")
made.delete()
try:
    heroku.app("second")
except HTTPError as error:
    assert error.response.json()["id"] == "not_found"
else:
    raise AssertionError("it is still there")
"""


def test_heroku3_drives_an_app(tmp_path: Path) -> None:
    with platform(tmp_path, web_app(tmp_path / "shop")) as running:
        port = json.loads((running.home / "platform.json").read_text())["control_port"]
        key = (running.home / "token").read_text().strip()
        words = [sys.executable, "-W", "ignore", "-c", SCRIPT, f"http://127.0.0.1:{port}", key]
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        assert until(lambda: get(running.url())[0] == 200)
