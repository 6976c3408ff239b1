"""Rule two with real dynos: each app breaks it in one way, or keeps it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from minipaas.chaos import rule_two
from minipaas.chaos.lab import NotUp
from minipaas.chaos.plan import Plan
from minipaas.chaos.rule_two import RuleTwo, TwoResult, not_up_findings
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, Severity
from tests.chaos.backing import CLIENT, store
from tests.chaos.histories import ONE, send, visit
from tests.chaos.labs import Kit, kit

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The apps here are quick, and so are their faults."""
    monkeypatch.setattr(rule_two, "_HELD_S", 0.4)
    monkeypatch.setattr(rule_two, "_WORKER_S", 0.6)
    monkeypatch.setattr(rule_two, "_PATIENCE_S", 1.5)


ANSWER = """
import os, signal, sys, threading, time
from server import serve

def answer(method, path, form):
    return (200, {}, '<form method="post" action="/add"><input name="f0"><button>Send</button></form>')
"""
POLITE = f"{ANSWER}\nserve(answer)\n"
SHORT = Limits(boot_timeout_s=2, exit_timeout_s=1)
FORM = replace(send("/add", ONE), form_key="POST /add [f0] ")
PLAN = Plan(host="app.localhost", steps=(visit(), FORM))


async def examined(lab: Kit, limits: Limits = SHORT, budgets: Rules | None = None) -> TwoResult:
    two = RuleTwo(lab.lab, PLAN, budgets or Rules(), tell=lab.events.append, out_of_time=lambda: False, limits=limits)
    return await two.run()


async def never_up(lab: Kit) -> Finding:
    """How an app is told that does not come up when it is discovered."""
    with pytest.raises(NotUp) as caught:
        await lab.lab.boot()
    (finding,) = not_up_findings(lab.lab, caught.value, SHORT)
    return finding


def codes(findings: Sequence[Finding]) -> list[tuple[str, Severity, str | None]]:
    return [(each.code, each.severity, each.error_code) for each in findings]


async def test_a_polite_app_keeps_the_rule(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": POLITE}) as lab:
        result = await examined(lab)
    assert result.findings == ()
    assert len(result.boots) >= 5
    assert len(result.stops) >= 5
    assert result.kills == 1
    assert sum(stop.in_flight is not None for stop in result.stops) >= 2
    assert {event.kind for event in lab.events} == {"boot", "stop", "kill"}


async def test_who_ignores_sigterm_is_told_with_the_survivor(tmp_path: Path) -> None:
    source = f"{ANSWER}\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nserve(answer, polite=False)\n"
    async with kit(tmp_path, {"app.py": source}) as lab:
        result = await examined(lab)
    assert codes(result.findings) == [("MP204", Severity.ERROR, "R12")]
    (finding,) = result.findings
    assert "python3 app.py" in finding.message
    assert any("heroku[web.1]  Error R12 (Exit timeout) -> " in line for line in finding.evidence)
    assert len(result.stops) >= 5


async def test_slow_to_exit_is_over_the_budget_without_herokus_code(tmp_path: Path) -> None:
    late = f"{ANSWER}\nserve(answer)\ntime.sleep(0.8)\n"
    async with kit(tmp_path, {"app.py": late}) as lab:
        result = await examined(lab, Limits(), Rules(exit_s=0.5))
    assert codes(result.findings) == [("MP204", Severity.ERROR, None)]


async def test_requests_in_flight_are_dropped(tmp_path: Path) -> None:
    abrupt = f"{ANSWER}\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(0))\nserve(answer, polite=False)\n"
    async with kit(tmp_path, {"app.py": abrupt}) as lab:
        result = await examined(lab)
    assert codes(result.findings) == [("MP205", Severity.WARNING, None)]
    assert "`POST /add` in flight" in result.findings[0].message


async def test_a_server_that_waits_for_a_body_it_no_longer_takes_does_not_ignore_sigterm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As aiohttp's does: what has come when it stops is all it reads, and it stays for as long as the client does."""
    monkeypatch.setattr(rule_two, "_TAKEN_S", 0.6)
    stays = """
    import asyncio, os, signal

    stopping, open_ = asyncio.Event(), set()

    async def serve(reader, writer):
        open_.add(writer)
        head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\\r")[0] or b"0")
        while length > 0 and not reader.at_eof():
            length -= len(await reader.read(100)) if not stopping.is_set() else 0
            await asyncio.sleep(0.02)
        page = b'<form method="post" action="/add"><input name="f0"><button>Send</button></form>'
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nConnection: close\\r\\n\\r\\n" + page)
        writer.close()
        open_.discard(writer)

    async def main():
        server = await asyncio.start_server(serve, "0.0.0.0", int(os.environ["PORT"]))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        await stopping.wait()
        server.close()
        while any(not each.transport.is_closing() for each in open_):
            await asyncio.sleep(0.02)
        os._exit(0)

    asyncio.run(main())
    """
    async with kit(tmp_path, {"app.py": stays}) as lab:
        result = await examined(lab, replace(SHORT, exit_timeout_s=3))
    assert result.findings == ()
    assert any(stop.in_flight is not None for stop in result.stops)


async def test_slow_to_boot_is_over_the_budget(tmp_path: Path) -> None:
    slow = f"{ANSWER}\nserve(answer, before=lambda: time.sleep(0.7))\n"
    async with kit(tmp_path, {"app.py": slow}) as lab:
        result = await examined(lab, Limits(), Rules(boot_s=0.6))
    assert codes(result.findings) == [("MP203", Severity.ERROR, None)]


async def test_who_binds_at_once_and_loads_while_the_first_request_waits_is_slow_to_boot(tmp_path: Path) -> None:
    """As gunicorn does with an app whose import takes long."""
    early = """
    import os, signal, threading, time
    from http.server import BaseHTTPRequestHandler
    from server import Server

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    server = Server(("0.0.0.0", int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    time.sleep(1.2)
    server.serve_forever(poll_interval=0.02)
    """
    async with kit(tmp_path, {"app.py": early}) as lab:
        result = await examined(lab, Limits(), Rules(boot_s=1.0))
    assert codes(result.findings) == [("MP203", Severity.ERROR, None)]
    assert "to answer, though it binds $PORT before that" in result.findings[0].message


async def test_errors_after_the_port_is_bound(tmp_path: Path) -> None:
    early = """
    import time
    from server import serve

    began = time.monotonic()

    def answer(method, path, form):
        return (503 if time.monotonic() < began + 0.6 else 200, {}, "")

    serve(answer)
    """
    async with kit(tmp_path, {"app.py": early}) as lab:
        result = await examined(lab)
    assert codes(result.findings) == [("MP207", Severity.WARNING, None)]
    assert "503" in result.findings[0].message


@pytest.mark.parametrize(
    ("served", "told"),
    [
        ("host='127.0.0.1'", "it listens on 127.0.0.1 only"),
        ("port=3579", "it listens on port 3579 of its own choice"),
        ("before=lambda: time.sleep(60)", "it listens on no port at all"),
    ],
)
async def test_r10_names_what_it_listens_on(tmp_path: Path, served: str, told: str) -> None:
    async with kit(tmp_path, {"app.py": f"{ANSWER}\nserve(answer, {served})\n"}, boot_timeout_s=1.5) as lab:
        finding = await never_up(lab)
    assert (finding.code, finding.error_code) == ("MP201", "R10")
    assert told in finding.message
    assert any("Error R10 (Boot timeout) -> Web process failed to bind to $PORT" in line for line in finding.evidence)


async def test_h10_has_the_last_words(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": "raise SystemExit('DATABASE_URL is not set')"}) as lab:
        finding = await never_up(lab)
    assert (finding.code, finding.error_code) == ("MP202", "H10")
    assert "with status 1: `DATABASE_URL is not set`" in finding.message
    assert any("heroku[web.1]  State changed from starting to crashed" in line for line in finding.evidence)


LOCK = f"""{ANSWER}
from store import ask

me = os.environ["DYNO"] + os.environ["PORT"]
def before():
    while ask("get", "lock") == "stopping":
        time.sleep(0.1)
    if ask("get", "lock"):
        sys.exit("the lock is taken")
"""


async def test_a_lock_that_only_a_clean_exit_removes(tmp_path: Path) -> None:
    source = f"{LOCK}\nserve(answer, before=before)\nask('delete', 'lock')\n".replace(
        "def answer(method, path, form):\n", "def answer(method, path, form):\n    ask('set', 'lock', 'x')\n", 1
    )
    async with (
        store() as kept,
        kit(tmp_path, {"app.py": source, "store.py": CLIENT}, config={"STORE": kept.address}) as lab,
    ):
        result = await examined(lab)
    found = [finding for finding in result.findings if finding.code == "MP206"]
    assert codes(found) == [("MP206", Severity.ERROR, None)]
    assert "the lock is taken" in found[0].message


WORKERS = {
    "polite": ("import time\nwhile True:\n    time.sleep(1)\n", []),
    "stubborn": (
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)\n",
        [("MP204", Severity.ERROR, "R12")],
    ),
    "broken": ("raise SystemExit(3)", [("MP202", Severity.ERROR, None)]),
    "done": ("print('nothing to do')", [("MP202", Severity.WARNING, None)]),
}


async def test_workers_are_examined_too(tmp_path: Path) -> None:
    files = {f"{name}.py": source for name, (source, _) in WORKERS.items()}
    commands = {name: f"exec python3 {name}.py" for name in WORKERS}
    async with kit(tmp_path, {"app.py": POLITE, **files}, {"web": "exec python3 app.py", **commands}) as lab:
        result = await examined(lab)
    for name, (_, expected) in WORKERS.items():
        assert codes([finding for finding in result.findings if finding.process_type == name]) == expected
    assert all(finding.process_type == finding.subject for finding in result.findings)
    assert not [finding for finding in result.findings if finding.process_type == "web"]


async def test_a_worker_that_the_formation_asks_for_must_not_end(tmp_path: Path) -> None:
    files = {"app.py": POLITE, "worker.py": "", "app.json": '{"formation": {"worker": {"quantity": 1}}}'}
    commands = {"web": "exec python3 app.py", "worker": "exec python3 worker.py"}
    async with kit(tmp_path, files, commands) as lab:
        result = await examined(lab)
    assert codes(result.findings) == [("MP202", Severity.ERROR, None)]
