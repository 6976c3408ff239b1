"""A running platform harassed under load, through the installed command."""

import contextlib
import json
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, Platform, environment, platform, until, web_app

pytestmark = pytest.mark.slow

#: So long that a dyno's end meets some requests.
SLOW = "(__import__('time').sleep(0.1), os.environ['DYNO'].encode())[1]"
#: Listens before it is ready: for a while after its start it breaks requests off.
HASTY = "(1 / (time.monotonic() - born > 0.6), time.sleep(0.02), os.environ['DYNO'].encode())[2]"


@contextlib.contextmanager
def visitors(*urls: str) -> Iterator[None]:
    """Users who ask again and again."""
    gone = threading.Event()

    def visit(url: str) -> None:
        while not gone.is_set():
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                answer.read()
            time.sleep(0.005)

    users = [threading.Thread(target=visit, args=(url,)) for url in urls for _ in range(3)]
    for user in users:
        user.start()
    try:
        yield
    finally:
        gone.set()
        for user in users:
            user.join(PATIENCE_S)


def harass(running: Platform, *words: str) -> tuple[int, Any]:
    """Exit code and the JSON document."""
    done = running.cli("chaos", "--live", "--format", "json", *words, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_users_of_a_graceful_app_see_nothing_and_what_a_hasty_one_loses_is_counted_by_code(tmp_path: Path) -> None:
    graceful = web_app(tmp_path / "graceful", body=SLOW)
    hasty = web_app(tmp_path / "hasty", before="import time\nborn = time.monotonic()", body=HASTY)
    with platform(tmp_path, graceful, hasty, "--formation", "web=2") as running:
        urls = {name: running.url(name) for name in ("graceful", "hasty")}
        with visitors(*urls.values()):
            options = ("--faults", "restart,relocate", "--rate", "60/min", "--duration", "6s", "--seed", "3")
            code, report = harass(running, *options, "-a", "graceful")
            assert (code, report["failed"]) == (0, 0), report
            around = report["apps"][0]["around"]
            assert around["requests"] > 0
            assert around["latency_ms"]["p50"] >= 100
            assert all(act["until_s"] is not None for act in report["acts"])

            code, report = harass(running, *options, "-a", "hasty")
            assert code == 1
            (app,) = report["apps"]
            assert app["app"] == "hasty"
            assert app["around"]["failed"] > 0
            assert set(app["around"]["codes"]) == {"H13"}

            _interrupted_while_a_host_is_down(running)


def _interrupted_while_a_host_is_down(running: Platform) -> None:
    process = subprocess.Popen(
        [*COMMAND, "chaos", "--live", "--faults", "host", "--rate", "60/min", "--duration", "5m"],
        env=environment(running.home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: any(host["state"] == "failed" for host in running.json("hosts")))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "it was interrupted" in out, out + err
    assert "failure of the host of web." in out
    assert {host["state"] for host in running.json("hosts")} == {"up"}
