"""The decisions of rule three, from measurements alone."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.chaos.effects import Looks, lost_with_the_web, seen
from minipaas.chaos.effort import after
from minipaas.chaos.history import Exchange, History
from minipaas.chaos.plan import Call, Place, Submit, Visit, typed
from minipaas.chaos.queues import queue_findings
from minipaas.chaos.residue import Quiet, growth, multiplied, numbers, periodic, works_on
from minipaas.chaos.scenes import copy_of, scenes
from minipaas.chaos.service_times import (
    Stream,
    is_certain,
    is_waiting,
    over_budget,
    percentile,
    routes,
    sluggish,
    suspects,
)
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.scenario import Pick, PickKind
from tests.chaos.histories import ONE, TWO, plan, send, visit

BUDGETS, LIMITS = Rules(), Limits()


def history(*times: float, method: str = "POST", pattern: str = "/move", status: int = 303) -> History:
    made = [
        Exchange(
            step=at, at=0, client="alice", method=method, path=pattern, pattern=pattern, status=status, service_s=time
        )
        for at, time in enumerate(times)
    ]
    return History("calm", made)


# Service times.


@pytest.mark.parametrize(
    ("times", "suspected", "certain"),
    [
        ((0.1, 0.2), False, False),
        ((0.1, 6.0), True, False),
        ((6.0, 6.0), True, False),
        ((10.5, 10.5), True, True),
        ((10.5, 0.1, 0.1), True, False),
    ],
)
def test_over_the_budget(times: tuple[float, ...], suspected: bool, certain: bool) -> None:
    found = suspects([history(*times)], BUDGETS)
    assert bool(found) == suspected
    assert [is_certain(route, BUDGETS) for route in found] == [certain] * len(found)


@pytest.mark.parametrize(("seconds", "code"), [(7.2, None), (29.9, None), (30.0, "H12"), (31.0, "H12")])
def test_only_what_the_router_gives_up_is_h12(seconds: float, code: str | None) -> None:
    (route,) = suspects([history(seconds, seconds)], BUDGETS)
    finding = over_budget(route, (seconds, seconds), BUDGETS, LIMITS)
    assert (finding.code, finding.error_code, finding.subject) == ("MP301", code, "POST /move")
    assert ('at=error code=H12 desc="Request timeout"' in finding.evidence[1]) == (code is not None)


def test_a_refused_connection_is_no_answer() -> None:
    refused = history(0.0, status=0)
    assert routes([refused]) == ()


@pytest.mark.parametrize(
    ("times", "slow"),
    [
        ((3.0, *[0.1] * 9), False),
        ((0.1, *[0.7] * 9), True),
        ((0.1, *[0.7] * 7), False),
        ((0.1, *[0.7] * 8, 6.0), False),
    ],
)
def test_the_first_request_is_warm_up_and_few_say_nothing(times: tuple[float, ...], slow: bool) -> None:
    assert bool(sluggish([history(*times)], BUDGETS)) == slow


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.floats(0.01, 1))
@settings(max_examples=50)
def test_a_percentile_is_one_of_the_values(times: list[float], share: float) -> None:
    assert percentile(times, share) in times


@pytest.mark.parametrize(
    ("stream", "waits"),
    [
        (Stream("text/event-stream", (0.1,), 2.5, 0.01), True),
        (Stream("text/event-stream", (0.1,), 2.5, 2.4), False),
        (Stream("text/plain", (0.1, 1.1, 2.1), 2.5, 0.01), True),
        (Stream("text/plain", (), 2.5, 0.01), False),
        (Stream("text/plain", (), 2.5, 0.01, woken=True), True),
        (Stream("text/plain", (), 2.5, 2.5, woken=True), False),
        (Stream("text/plain", (0.1, 0.11), 2.5, 0.01), False),
    ],
)
def test_waiting_for_news_is_no_work(stream: Stream, waits: bool) -> None:
    assert is_waiting(stream, BUDGETS) == waits


# Residue.

ID = Pick(PickKind.JSON, "id")
IDLE = Quiet(window_s=2.0, cpu_s=0.02, lines=("heartbeat 1",))


@pytest.mark.parametrize(
    ("window", "works"),
    [
        (Quiet(window_s=1.0, cpu_s=0.02), False),
        (Quiet(window_s=1.0, cpu_s=0.8), True),
        (Quiet(window_s=1.0, cpu_s=0.0, lines=("heartbeat 7",)), False),
        (Quiet(window_s=1.0, cpu_s=0.0, lines=("mail sent",)), True),
    ],
)
def test_work_is_what_an_idle_dyno_does_not_do(window: Quiet, works: bool) -> None:
    assert works_on(window, IDLE) == works


def test_numbers_that_grow_by_themselves() -> None:
    def page(ticks: int, looks: int, drawn: int) -> Counter[str]:
        lines = (f"{ticks} ticks", f"seen {looks} times", f"lucky {drawn}", "v1.2.3")
        return numbers("/", lines)

    grown = growth(page(5, 1, 900), page(5, 2, 17), page(9, 3, 999))
    assert grown == {"number 1 on /: # ticks": 4}


def test_a_number_that_begins_at_zero_grows_too() -> None:
    zero = numbers("/", ["0 ticks"])
    assert growth(zero, zero, numbers("/", ["6 ticks"])) == {"number 1 on /: # ticks": 6}


def test_what_scales_with_the_dynos_is_multiplied() -> None:
    one, three = {"tick": 4.0, "clock": 4.0, "once": 1.0}, {"tick": 12.0, "clock": 4.0, "once": 3.0}
    assert list(multiplied(one, three)) == [("tick", 4.0, 12.0)]
    assert periodic(one) == ("tick", "clock")


@given(st.lists(st.text(max_size=3), max_size=12), st.lists(st.text(max_size=3), max_size=6), st.integers(0, 12))
@settings(max_examples=80)
def test_new_lines_are_found_where_old_ones_fell_off(old: list[str], new: list[str], dropped: int) -> None:
    unique = [f"{at} {line}" for at, line in enumerate([*old, *new])]
    before, now = tuple(unique[: len(old)]), tuple(unique[min(dropped, len(old)) :])
    assert after(before, now) == tuple(unique[len(old) :])


# Effects.

QUEUED, DONE = frozenset({("/", "MINE: queued")}), frozenset({("/", "MINE: done")})


def looks(*shown: frozenset[tuple[str, str]], written: tuple[int, ...] = ()) -> Looks:
    made = Looks()
    for at, lines in enumerate(shown):
        made.add(float(at), lines, written=at in written)
    return made


@pytest.mark.parametrize(
    ("made", "late"),
    [
        (looks(QUEUED, QUEUED, DONE, DONE), DONE),
        (looks(DONE, DONE, DONE), frozenset()),
        (looks(QUEUED, DONE), frozenset()),
        (looks(QUEUED, DONE, QUEUED, QUEUED), frozenset()),
        (looks(QUEUED, QUEUED | DONE, QUEUED | DONE, written=(1,)), frozenset()),
    ],
)
def test_late_is_what_came_by_itself_and_stays(made: Looks, late: frozenset[tuple[str, str]]) -> None:
    assert made.late == late


def test_an_effect_has_a_time() -> None:
    made = looks(QUEUED, QUEUED, DONE, DONE)
    assert (made.when(DONE), made.shows(DONE), made.ever(DONE)) == (2.0, True, True)
    assert "`...: done`" in lost_with_the_web("POST /x", DONE, 2.0, 5.0).message


def test_lines_are_alike_in_every_play() -> None:
    first = seen("/", ["No. 7: ZQ001AA, done", "zq009zz"], ["zq001aa"])
    assert first == seen("/", ["No. 8: zq002bb, done", "zq008yy"], ["zq002bb"])


# Scenes.


def test_a_copy_has_markers_and_landings_of_its_own() -> None:
    landed = Visit(client="alice", place=Place(landing=1, pattern="/x/*"))
    made = plan(visit(), send("/x", ONE), landed, visit(), send("/y", TWO, near=(ONE,)))
    first, second = scenes(made, 4)
    assert (first.write, first.reads, second.before) == (1, (2, 3), (1,))
    one, other = copy_of(made, first, 0), copy_of(made, first, 1)
    assert not {*one.own} & {*other.own, ONE.token}
    assert [marker.token for marker in typed(one.write[1])] == list(one.own)
    (_, read), *_ = one.reads
    assert isinstance(read, Visit)
    assert read.place.landing == one.write[0]
    last = copy_of(made, second, 2)
    write = last.write[1]
    assert isinstance(write, Submit)
    assert write.near == typed(last.before[-1][1])


def test_a_copy_of_a_call_captures_under_a_name_of_its_own() -> None:
    post = Call(client="alice", method="POST", path="/x", body={"n": ONE.token}, captures={"id1": ID}, markers=(ONE,))
    made = plan(post, Call(client="alice", method="GET", path="/x/{id1}", pattern="/x/*"))
    copy = copy_of(made, scenes(made, 1)[0], 3)
    write, (_, read) = copy.write[1], copy.reads[0]
    assert isinstance(write, Call)
    assert isinstance(read, Call)
    assert (dict(write.captures), read.path) == ({"id1_3": ID}, "/x/{id1_3}")
    assert write.body == {"n": copy.own[0]}


# Queues.


@pytest.mark.parametrize(
    ("where", "text", "source", "types", "found"),
    [
        ("requirements.txt", "Flask==3\ncelery[redis]>=5\n", "from celery import Celery", ["web"], "celery"),
        ("requirements.txt", "celery\n", "from celery import Celery", ["web", "worker"], None),
        ("requirements.txt", "celery\n", "import flask", ["web", "release"], None),
        ("requirements.txt", "# celery\nredis\n", "import redis", ["web"], None),
        ("requirements.txt", "rq\n", "import rq", ["web", "release"], "rq"),
        ("pyproject.toml", '[project]\ndependencies = ["dramatiq>=1"]', "import dramatiq", ["web"], "dramatiq"),
        ("package.json", '{"dependencies": {"bullmq": "5"}}', 'import { Queue } from "bullmq"', ["web"], "bullmq"),
        ("package.json", '{"dependencies": {"bull": "4"}}', "const Q = require('bull')", ["web"], "bull"),
        ("package.json", '{"dependencies": {"bullmq": "5"}}', "", ["web"], "bullmq"),
        ("package.json", '{"devDependencies": {"bull": "4"}}', "require('bull')", ["web"], None),
        ("package.json", "{", "require('bull')", ["web"], None),
        ("Gemfile", "gem 'sidekiq', '7'", "", ["web"], "sidekiq"),
    ],
)
def test_a_queue_without_a_worker(where: str, text: str, source: str, types: list[str], found: str | None) -> None:
    findings = list(queue_findings({where: text}, [source] if source else [], types))
    assert [finding.subject for finding in findings] == ([found] if found else [])


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_strange_manifests_are_read_past(text: str) -> None:
    for name in ("requirements.txt", "pyproject.toml", "Pipfile", "package.json", "Gemfile"):
        list(queue_findings({name: text}, [text], ["web"]))
