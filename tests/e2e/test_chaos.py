"""The verdict, through the installed command, on the examples and on apps written here."""

import json
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from minipaas.store.runs import Runs, records
from tests.e2e.harness import COMMAND, PATIENCE_S, environment, left_behind, platform, until, web_app

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"


def chaos(home: Path, *words: str) -> tuple[int, Any]:
    """Exit code and the JSON document."""
    done = subprocess.run(
        [*COMMAND, "chaos", *words, "--seed", "7", "--format", "json"],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_S,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("example", "verdict", "cause"),
    [
        ("guestbook", "broken", "files"),
        ("shop", "broken", "memory"),
        ("clean", "kept", None),
        ("clean-node", "kept", None),
        ("pictures", "kept", None),
    ],
)
def test_rule_one_of_the_examples(
    tmp_path_factory: pytest.TempPathFactory, example: str, verdict: str, cause: str | None
) -> None:
    home = tmp_path_factory.mktemp("home")
    code, report = chaos(home, str(EXAMPLES / example), "--rules", "one")
    rule = report["apps"][0]["rules"]["one"]
    assert rule["verdict"] == verdict, rule
    errors = [each for each in rule["findings"] if each["severity"] == "error"]
    assert {each["cause"] for each in errors} == ({cause} if cause else set())
    assert code == (1 if verdict == "broken" else 0)
    assert all(
        f"minipaas chaos {EXAMPLES / example}" in each["repeat"] or "examples/" in each["repeat"] for each in errors
    )
    assert left_behind(home) == []
    assert list((home / "labs").iterdir()) == []


def test_a_repeat_command_shows_the_same_break_again(tmp_path: Path) -> None:
    before = "seen = []"
    body = "(seen.append(self.path) if self.command == 'POST' else None, PAGE % ''.join(seen).encode())[1]"
    page = "PAGE = b'<form method=post action=/add><input name=word><button>Add</button></form><p>%s</p>'\n"
    app = web_app(tmp_path / "words", before=f"{before}\n{page}", body=body)
    source = (app / "server.py").read_text()
    answer = (
        "body = self.answer()\n        self.send_response(200)\n        self.send_header('Content-Type', 'text/html')"
    )
    source = source.replace(f"body = {body}\n        self.send_response(200)", answer)
    source = source.replace(
        "    def do_GET(self):",
        "    def answer(self):\n"
        "        if self.command == 'POST':\n"
        "            seen.append(self.rfile.read(int(self.headers['Content-Length'])).decode())\n"
        "        return PAGE % ' '.join(seen).encode()\n"
        "    def do_GET(self):",
    )
    (app / "server.py").write_text(source)
    home = tmp_path / "home"
    code, report = chaos(home, str(app), "--rules", "one")
    found = report["apps"][0]["rules"]["one"]["findings"][0]
    assert (code, found["code"], found["cause"]) == (1, "MP102", "memory")
    words = shlex.split(found["repeat"])
    assert words[:2] == ["minipaas", "chaos"]
    (app / "server.py").write_text(source + "# changed\n")
    again, told, report = repeated(home, words)
    assert again == 1
    assert "the app has changed since that run" in told
    assert report["apps"][0]["rules"]["one"]["findings"][0]["fingerprint"] == found["fingerprint"]
    plays = [each for each in records(Runs(home / "chaos").find("2")) if each["kind"] == "play"]
    assert {tuple(each["steps"]) for each in plays} == {tuple(plays[0]["steps"])}


def repeated(home: Path, words: list[str]) -> tuple[int, str, Any]:
    """What a `repeat:` line gives: exit code, stderr, and the report that was kept of it."""
    done = subprocess.run(
        [*COMMAND, *words[1:]], env=environment(home), capture_output=True, text=True, timeout=3 * PATIENCE_S
    )
    kept = subprocess.run(
        [*COMMAND, "report", "--format", "json"], env=environment(home), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr, json.loads(kept.stdout)


def test_an_app_that_never_comes_up_breaks_rule_two_and_the_others_are_inconclusive(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", before="raise SystemExit('no database')")
    code, report = chaos(tmp_path / "home", str(app))
    rules = report["apps"][0]["rules"]
    assert code == 1
    assert [rules[rule]["verdict"] for rule in ("one", "two", "three")] == ["inconclusive", "broken", "inconclusive"]
    assert rules["two"]["findings"][0]["error_code"] == "H10"
    assert any("no database" in line for line in report["apps"][0]["last_lines"])


def test_a_running_platform_is_not_touched(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app) as running:
        before = running.dyno()
        code, report = chaos(running.home, "-a", "shop", "--rules", "one")
        assert report["apps"][0]["app"] == "shop"
        assert code in (0, 3)
        assert running.dyno()["id"] == before["id"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupting_a_run_leaves_nothing_running(tmp_path: Path, number: int) -> None:
    home = tmp_path / "home"
    # A shell starts what it runs with `&` with SIGINT ignored; these tests may be run so.
    interruptible = ("env", "--default-signal=INT")
    process = subprocess.Popen(
        [*interruptible, *COMMAND, "chaos", str(EXAMPLES / "guestbook"), "--rules", "one"],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "rule one" in line:
            break
    until(lambda: any("gunicorn" in each for each in left_behind(home)))
    process.send_signal(number)
    code = process.wait(PATIENCE_S)
    process.stderr.close()
    assert code == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert until(lambda: not left_behind(home))


def test_every_format_is_written(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    home = tmp_path / "home"
    for format_, begins in (("text", "==="), ("junit", "<?xml"), ("sarif", "{"), ("html", "<!")):
        target = tmp_path / f"report.{format_}"
        done = subprocess.run(
            [*COMMAND, "chaos", str(app), "--rules", "one", "--format", format_, "--output", str(target)],
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode in (0, 3), done.stderr
        assert target.read_text().lower().startswith(begins.lower())
