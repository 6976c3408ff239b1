"""Rule three with real dynos: each app breaks it in one way, or keeps it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from minipaas.chaos import after_answer, clockwork
from minipaas.chaos.discover import Discovery
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.plan import Plan, Step
from minipaas.chaos.play import play
from minipaas.chaos.rule_three import RuleThree
from minipaas.chaos.trial import CALM
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, Severity
from tests.chaos.backing import CLIENT, Store, store
from tests.chaos.histories import ONE, send, visit
from tests.chaos.labs import Kit, kit

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The apps here are quick; waiting in vain may be short."""
    monkeypatch.setattr(clockwork, "_IDLE_S", 1.0)
    monkeypatch.setattr(clockwork, "_LOOP_S", 1.2)
    monkeypatch.setattr(clockwork, "_LEAST_S", 1.3)
    monkeypatch.setattr(after_answer, "_LONG_S", 0.8)
    monkeypatch.setattr(after_answer, "_LATE_HINT_S", 1.0)
    monkeypatch.setattr(after_answer, "_LATE_REASON_S", 2.0)
    monkeypatch.setattr(after_answer, "_LATE_WORKER_S", 4.0)


#: A list of orders in the store. A way of working is put in the place of WORK.
ORDERS = """
import html, hashlib, os, threading, time, uuid
from server import serve
from store import ask

FORM = '<form method="post" action="/orders"><input name="f0"><button>Order</button></form>'

def work(id):
    ask("set", id, "done")

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        hashlib.sha256(b"x" * 1000).digest()

def answer(method, path, form):
    if method == "POST":
        id = uuid.uuid4().hex
        ask("push", "orders", [id, form.get("f0", "")])
        WORK
        return (303, {"Location": "/"}, "")
    rows = [f"<li>{html.escape(title)}: {ask('get', id) or 'queued'}</li>" for id, title in ask("all", "orders")]
    return (200, {}, f"<h1>Orders</h1>{FORM}<ul>{''.join(rows)}</ul>")

serve(answer)
"""


SHORT = Rules(request_s=0.5, p95_s=10)


def orders(work: str) -> str:
    return ORDERS.replace("WORK", work)


WORKER = """
import os, signal, sys, time
from store import ask

stopping = []
signal.signal(signal.SIGTERM, lambda *_: HANDLER)
while not stopping:
    id = TAKE
    if id is None:
        time.sleep(0.05)
        continue
    time.sleep(0.7)
    ask("set", id, "done")
    GIVE
"""


def worker(handler: str, take: str, give: str = "pass") -> str:
    return WORKER.replace("HANDLER", handler).replace("TAKE", take).replace("GIVE", give)


FORM = replace(send("/orders", ONE), form_key="POST /orders [f0] ")
ORDER = (visit(), visit(), FORM, visit(), visit())


async def examined(
    lab: Kit, *steps: Step, budgets: Rules | None = None, limits: Limits | None = None
) -> tuple[Finding, ...]:
    plan = Plan(host="app.localhost", steps=steps)
    async with Fleet(lab.lab, CALM) as fleet:
        discovery = Discovery(plan, await play(plan, fleet), True)
    three = RuleThree(
        lab.lab,
        discovery,
        (discovery.history,),
        budgets or Rules(),
        lab.folder,
        reset=None,
        tell=lab.events.append,
        out_of_time=lambda: False,
    )
    three.limits = limits or Limits()
    return await three.run()


async def with_store(
    home: Path, app: str, more: dict[str, str] | None = None, commands: dict[str, str] | None = None
) -> tuple[tuple[Finding, ...], Store]:
    async with store() as kept:
        files = {"app.py": app, "store.py": CLIENT, **(more or {})}
        async with kit(home, files, commands, config={"STORE": kept.address}) as lab:
            return await examined(lab, *ORDER), kept


def codes(findings: Sequence[Finding]) -> list[tuple[str, Severity, str | None]]:
    return [(each.code, each.severity, each.error_code) for each in findings]


async def test_work_that_is_done_when_the_answer_comes_keeps_the_rule(tmp_path: Path) -> None:
    findings, kept = await with_store(tmp_path, orders("work(id)"))
    assert findings == ()
    assert len(kept.lists["orders"]) >= 2


SLOW = """
import time
from server import serve

def answer(method, path, form):
    if path == "/report":
        time.sleep(SECONDS)
    return (200, {}, '<a href="/report">the report</a>')

serve(answer)
"""


async def test_a_request_over_its_budget(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": SLOW.replace("SECONDS", "0.9")}) as lab:
        findings = await examined(lab, visit(), visit("/report"), budgets=SHORT)
    assert codes(findings) == [("MP301", Severity.ERROR, None)]
    assert findings[0].subject == "GET /report"


async def test_a_request_over_the_routers_limit(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": SLOW.replace("SECONDS", "0.9")}) as lab:
        findings = await examined(lab, visit(), visit("/report"), budgets=SHORT, limits=Limits(first_byte_s=0.7))
    assert codes(findings) == [("MP301", Severity.ERROR, "H12")]


async def test_a_route_that_is_slow_each_time_is_a_warning(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": SLOW.replace("SECONDS", "0.15")}) as lab:
        findings = await examined(lab, visit(), *[visit("/report")] * 9, budgets=Rules(p95_s=0.1))
    assert codes(findings) == [("MP302", Severity.WARNING, None)]
    assert findings[0].subject == "GET /report"


POLLS = """
import threading, time
from server import serve

news = threading.Event()

def answer(method, path, form):
    global news
    if method == "POST":
        news.set()
        news = threading.Event()
        return (303, {"Location": "/"}, "")
    if path == "/news":
        news.wait(1.5)
        return (200, {"Content-Type": "text/plain"}, "news")
    return (200, {}, '<form method="post" action="/orders"><input name="f0"><button>Say</button></form>')

serve(answer)
"""


async def test_a_long_poll_is_no_work(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": POLLS}) as lab:
        findings = await examined(lab, visit(), visit("/news"), FORM, visit(), budgets=SHORT)
    assert findings == ()


STREAM = """
import time
from server import serve, BaseHTTPRequestHandler

class Events(str):
    pass

def answer(method, path, form):
    return (200, {}, '<a href="/events">events</a>')

def stream(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    for _ in range(4):
        handler.wfile.write(b"data: 1\\n\\n")
        handler.wfile.flush()
        time.sleep(0.4)

serve(answer, streams={"/events": stream})
"""


async def test_an_event_stream_is_no_work(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": STREAM}) as lab:
        findings = await examined(lab, visit(), visit("/events"), budgets=SHORT)
    assert findings == ()


async def test_a_thread_that_works_on_after_the_answer(tmp_path: Path) -> None:
    findings, _ = await with_store(
        tmp_path, orders("work(id); threading.Thread(target=burn, args=(1.2,), daemon=True).start()")
    )
    assert codes(findings) == [("MP303", Severity.WARNING, None)]
    assert findings[0].subject == "POST /orders"


async def test_work_that_is_lost_with_the_dyno(tmp_path: Path) -> None:
    findings, _ = await with_store(tmp_path, orders("threading.Timer(1.0, work, (id,)).start()"))
    assert codes(findings) == [("MP304", Severity.ERROR, None)]
    assert "...: done" in findings[0].message


async def test_work_that_the_next_dyno_takes_up_is_not_lost(tmp_path: Path) -> None:
    take_up = "\nfor id, _ in ask('all', 'orders'):\n    threading.Timer(1.0, work, (id,)).start()\nserve(answer)\n"
    app = orders("threading.Timer(1.0, work, (id,)).start()").replace("\nserve(answer)\n", take_up)
    findings, _ = await with_store(tmp_path, app)
    assert findings == ()


WORKERS = {
    "drops": (worker("sys.exit(143)", "ask('pop', 'jobs')"), [("MP307", Severity.ERROR, None)]),
    "finishes": (worker("stopping.append(1)", "ask('pop', 'jobs')"), [("MP307", Severity.WARNING, None)]),
    "acknowledges late": (
        "from store import ask\nwhile ask('move', 'taken', 'jobs'):\n    pass\n"
        + worker("sys.exit(143)", "ask('move', 'jobs', 'taken')", "ask('remove', 'taken', id)"),
        [],
    ),
}


async def test_workers_and_their_jobs(tmp_path: Path) -> None:
    async def one(name: str, source: str) -> tuple[Finding, ...]:
        home = tmp_path / name
        home.mkdir()
        commands = {"web": "exec python3 app.py", "worker": "exec python3 worker.py"}
        findings, _ = await with_store(home, orders('ask("push", "jobs", id)'), {"worker.py": source}, commands)
        return findings

    # They wait more than they work, so side by side.
    found = await asyncio.gather(*(one(name, source) for name, (source, _) in WORKERS.items()))
    for (name, (_, expected)), findings in zip(WORKERS.items(), found, strict=True):
        assert codes(findings) == expected, name
        assert all(finding.subject == "worker" for finding in findings)


TICKS = """
import threading, time
from server import serve

def tick():
    while True:
        time.sleep(0.4)
        print("sent the digest", flush=True)

threading.Thread(target=tick, daemon=True).start()
serve(lambda method, path, form: (200, {}, "<h1>hello</h1>"))
"""


async def test_a_scheduler_in_each_web_dyno(tmp_path: Path) -> None:
    async with kit(tmp_path, {"app.py": TICKS}) as lab:
        findings = await examined(lab, visit())
    assert codes(findings) == [("MP305", Severity.WARNING, None)]
    assert "sent the digest" in findings[0].message


async def test_a_scheduler_that_works_through_the_store(tmp_path: Path) -> None:
    app = """
    import threading, time
    from server import serve
    from store import ask

    def tick():
        while True:
            time.sleep(0.3)
            ask("push", "ticks", 1)

    threading.Thread(target=tick, daemon=True).start()
    serve(lambda method, path, form: (200, {}, f"<p>{len(ask('all', 'ticks'))} digests sent</p>"))
    """
    findings, _ = await with_store(tmp_path, app)
    assert codes(findings) == [("MP305", Severity.WARNING, None)]


async def test_a_clock_on_the_page_is_no_scheduler(tmp_path: Path) -> None:
    app = """
    import time
    from server import serve

    began = time.monotonic()
    serve(lambda method, path, form: (200, {}, f"<p>up for {int((time.monotonic() - began) * 5)} ticks</p>"))
    """
    async with kit(tmp_path, {"app.py": app}) as lab:
        assert await examined(lab, visit()) == ()
