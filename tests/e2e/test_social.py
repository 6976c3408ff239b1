"""The social site: four apps, a worker, Postgres and Redis, used, relocated, judged."""

import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.harness import COMMAND, PATIENCE_S, Platform, environment, left_behind, platform, until
from tests.e2e.test_several_apps import chaos
from tests.examples.harness import Visitor

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
APPS = ["web", "messages", "profiles", "search"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for both tests: three of the four apps are the same in both, and built once."""
    return tmp_path_factory.mktemp("social")


@dataclass
class Readers:
    """What the site answered to visitors who read on and on."""

    statuses: list[int] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def read(self, *urls: str) -> None:
        """Go on until `stopped`."""
        visitor = Visitor()
        while not self.stopped.wait(0.05):
            self.statuses += [visitor.get(url).status for url in urls]


@contextmanager
def reading(*urls: str) -> Iterator[Readers]:
    """Somebody reads these pages meanwhile."""
    readers = Readers()
    thread = threading.Thread(target=readers.read, args=urls)
    thread.start()
    try:
        yield readers
    finally:
        readers.stopped.set()
        thread.join(PATIENCE_S)


def logs_at(running: Platform, folder: Path, *words: str) -> str:
    """`minipaas WORDS` in a folder."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment(running.home), capture_output=True, text=True, check=True
    )
    return done.stdout


def test_what_people_write_is_found_by_all_apps_wherever_their_dynos_are(place: Path) -> None:
    with platform(place, EXAMPLES / "social", patience_s=4 * PATIENCE_S) as running:
        site = {each["name"]: each["own_url"] for each in running.json("apps")}
        assert list(site) == APPS
        page = site["web"].rstrip("/")
        ann, bob = Visitor(), Visitor()
        assert ann.post(f"{page}/join", name="ann", password="a").status == 200
        assert bob.post(f"{page}/join", name="bob", password="b").status == 200
        assert "ann is taken" in Visitor().post(f"{page}/join", name="ann", password="c").body
        assert "hello @bob" in ann.post(f"{page}/messages", text="hello @bob and zebra").body
        # The worker tells search and profiles; these know of it when a later request asks.
        until(lambda: "hello @bob" in bob.get(f"{page}/search?q=zebra").body)
        until(lambda: re.search(r"Mentions.*hello @bob.*Messages", bob.get(f"{page}/people/bob").body, re.DOTALL))
        assert "Nothing." in bob.get(f"{page}/search?q=giraffe").body

        before = {(each["app"]["name"], each["name"]): each["id"] for each in running.json("ps")}
        assert {app for app, _ in before} == set(APPS)
        with reading(f"{page}/", f"{page}/search", f"{page}/people/bob") as readers:
            for number, app in enumerate(APPS):
                running.cli("ps:relocate", "-a", app)
                assert ann.post(f"{page}/messages", text=f"moved{number} with {app} @bob").status == 200
            until(lambda: _all_moved(running, before))
        assert readers.statuses
        assert set(readers.statuses) == {200}
        for number, app in enumerate(APPS):
            until(lambda found=f"moved{number}", app=app: f"with {app}" in bob.get(f"{page}/search?q={found}").body)
        until(lambda: bob.get(f"{page}/people/bob").body.count("@bob") == 1 + len(APPS))
        assert "Says nothing" in bob.get(f"{page}/people/ann").body

        lines = logs_at(running, EXAMPLES / "social", "logs", "-n", "1500").splitlines()
        assert {line.split(" ")[0] for line in lines} == set(APPS)
        times = [line.split(" | ")[1].split(" ")[0] for line in lines]
        assert times == sorted(times)
        assert any(
            line.startswith("messages | ") and "app[worker.1]: message 1 is in the search" in line for line in lines
        )
        assert " | " not in logs_at(running, EXAMPLES / "social", "logs", "-a", "search").split("app[")[0]
        assert _tailed(running, lambda: ann.post(f"{page}/messages", text="seen in the log")) == {
            "web",
            "messages",
            "search",
        }
        assert "=== messages/worker (Standard-1X): python worker.py (1)" in logs_at(
            running, EXAMPLES / "social", "ps"
        )
        assert logs_at(running, EXAMPLES / "social" / "search", "ps").startswith(
            "=== web (Standard-1X): node server.js"
        )


def _tailed(running: Platform, act: Callable[[], object]) -> set[str]:
    """Whose router lines `logs --tail` of all apps shows of an act, which three of them have a part in."""
    # A shell starts what it runs with `&` with SIGINT ignored; these tests may be run so.
    words = ["env", "--default-signal=INT", *COMMAND, "logs", "--tail", "-n", "1", "-d", "router"]
    seen: set[str] = set()
    with subprocess.Popen(words, env=environment(running.home), stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        following.stdout.readline()  # of the past; now it follows
        act()
        while len(seen) < 3:
            line = following.stdout.readline().decode()
            assert line, "the log came to an end"
            if "method=POST" in line or "method=PUT" in line:
                seen.add(line.partition(" ")[0])
        following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE_S) == 130
    return seen


def _all_moved(running: Platform, before: dict[tuple[str, str], str]) -> bool:
    now = {(each["app"]["name"], each["name"]): each for each in running.json("ps")}
    return now.keys() == before.keys() and all(
        each["state"] == "up" and each["id"] != before[key] for key, each in now.items()
    )


def test_the_search_that_forgets_is_blamed_though_it_is_a_page_of_web_that_shows_it(place: Path) -> None:
    # `-a` as that takes a quarter of the time: the other three run beside it, calm.
    code, apps = chaos(
        place / "home", str(EXAMPLES / "social-broken"), "-a", "search", "--rules", "one", "--seed", "7"
    )
    assert list(apps) == ["search"]
    assert apps["search"]["rules"]["one"]["verdict"] == "broken", apps
    found = [each for each in apps["search"]["rules"]["one"]["findings"] if each["severity"] == "error"]
    assert {each["cause"] for each in found} == {"memory"}
    assert all("web shows what search loses" in each["message"] for each in found)
    assert code == 1
    assert left_behind(place / "home") == []
