"""`chaos --live`: what is done when, and what is counted as what. Pure tables."""

from itertools import pairwise, takewhile
from typing import Any

import pytest

from minipaas.chaos.live import kinds_in
from minipaas.chaos.live_schedule import CRASHES_APART_S, OUTAGE_S, Formation, schedule
from minipaas.chaos.live_tally import Tally, code_of, latency
from minipaas.errors import UsageProblem
from minipaas.model.live import Act, ActKind, Latency, LiveReport, Seen
from minipaas.report.live_json import live_document
from minipaas.report.live_text import as_live_text

TWO = Formation({"shop": ["web.1", "web.2", "worker.1"], "blog": ["web.1"]}, ["a", "b", "c"])
ALL = tuple(kind for kind in ActKind if kind is not ActKind.ADDON)


def first(seconds: float, *words: Any) -> list[Act]:
    return list(takewhile(lambda act: act.at_s < seconds, schedule(*words)))


def test_a_schedule_is_the_same_for_the_same_seed_and_formation_however_it_is_spelled() -> None:
    other = Formation({"blog": ["web.1"], "shop": ["worker.1", "web.2", "web.1"]}, ["c", "a", "b"])
    assert first(600, 7, TWO, ALL, 12) == first(600, 7, other, ALL, 12)
    assert first(600, 7, TWO, ALL, 12) != first(600, 8, TWO, ALL, 12)


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    short = first(60, 7, TWO, ALL, 12)
    assert first(600, 7, TWO, ALL, 12)[: len(short)] == short


@pytest.mark.parametrize("rate", [1, 6, 60])
def test_acts_come_at_the_rate_that_was_asked_for(rate: float) -> None:
    acts = first(60 * 100, 1, TWO, (ActKind.RESTART,), rate)
    assert len(acts) == pytest.approx(100 * rate, rel=0.12)
    assert all(30 / rate <= later.at_s - act.at_s <= 90 / rate for act, later in pairwise(acts))


def test_all_kinds_hit_all_dynos() -> None:
    acts = first(6000, 1, TWO, ALL, 6)
    assert {act.kind for act in acts} == set(ALL)
    assert {(act.app, act.dyno) for act in acts} == set(TWO.all_dynos)


def test_one_host_at_a_time_fails() -> None:
    hosts = first(6000, 1, TWO, (ActKind.HOST,), 60)
    assert all(OUTAGE_S[0] <= act.lasts_s <= OUTAGE_S[1] for act in hosts)
    assert all(act.at_s + act.lasts_s <= later.at_s for act, later in pairwise(hosts))


def test_a_dyno_crashes_only_when_its_crashes_are_forgiven() -> None:
    crashes = first(6000, 1, TWO, (ActKind.CRASH,), 60)
    for app, dyno in TWO.all_dynos:
        times = [act.at_s for act in crashes if (act.app, act.dyno) == (app, dyno)]
        assert len(times) > 10
        assert all(later - time >= CRASHES_APART_S for time, later in pairwise(times))


def test_one_add_on_at_a_time_fails_where_there_are_any() -> None:
    kinds = (ActKind.RESTART, ActKind.ADDON)
    assert {act.kind for act in first(600, 1, TWO, kinds, 60)} == {ActKind.RESTART}
    having = Formation(TWO.dynos, TWO.hosts, {"shop": ["redis-a", "postgresql-b"], "blog": []})
    acts = [act for act in first(6000, 1, having, kinds, 60) if act.kind is ActKind.ADDON]
    assert {(act.app, act.dyno) for act in acts} == set(having.all_addons)
    assert all(act.at_s + act.lasts_s <= later.at_s for act, later in pairwise(acts))
    assert acts[0].what.startswith("failure of ")


def test_the_only_host_does_not_fail() -> None:
    acts = first(600, 1, Formation({"shop": ["web.1"]}, ["a"]), ALL, 60)
    assert acts
    assert all(act.kind is not ActKind.HOST for act in acts)


@pytest.mark.parametrize(
    "words", [(1, Formation({}, ["a", "b"]), ALL, 6), (1, Formation({"x": ["web.1"]}, ["a"]), (ActKind.HOST,), 6)]
)
def test_where_there_is_nothing_to_hit_there_is_no_act(words: Any) -> None:
    assert list(schedule(*words)) == []


def record(app: str = "shop", at: float = 0.0, ms: int | None = 10, code: str = "", status: int = 200) -> Any:
    return {"app": app, "started_at": at, "service_ms": ms, "code": code, "status": status}


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (record(), ""),
        (record(status=404), ""),
        (record(status=500), "500"),
        (record(code="H13", status=503), "H13"),
        (record(code="H18", status=200), "H18"),
        # The user went away, or who runs the platform sent him away.
        (record(code="H27", status=499), ""),
        (record(code="H80", status=503), ""),
        ({**record(), "status": None}, ""),
    ],
)
def test_a_request_failed_that_has_an_h_code_or_a_status_of_500(made: Any, code: str) -> None:
    assert code_of(made) == code


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([], None),
        ([7], Latency(p50=7, p95=7, p99=7)),
        (list(range(1, 101)), Latency(p50=50, p95=95, p99=99)),
        ([3, 1, 2], Latency(p50=2, p95=3, p99=3)),
    ],
)
def test_percentiles_are_those_of_the_nearest_rank(times: list[int], found: Latency | None) -> None:
    assert latency(times) == found


RESTART = Act(at_s=10, kind=ActKind.RESTART, app="shop", dyno="web.1")
CRASH = Act(at_s=11, kind=ActKind.CRASH, app="shop", dyno="web.2")


def tallied() -> Tally:
    tally = Tally(("shop", "blog"), 1000.0)
    tally.add(record(at=1005.0))
    restart = tally.open(RESTART, ("shop",), 1010.0)
    tally.add(record(at=1009.9, ms=200))  # in flight when it began
    tally.add(record("blog", at=1010.5))  # another app's
    crash = tally.open(CRASH, ("shop",), 1011.0)
    tally.add(record(at=1011.2, code="H13", status=503))  # in both: the later one's
    crash.until, restart.until = 1011.5, 1012.0
    tally.add(record(at=1011.8, status=500))  # the restart goes on
    tally.add(record(at=1012.5))
    tally.add(record("unknown", at=1010.5))
    tally.add({"lost": 3})
    tally.add({})
    return tally


def test_a_request_is_counted_for_the_latest_act_it_fell_into_or_as_calm() -> None:
    tally = tallied()
    shop, blog = tally.apps()
    assert (shop.calm.requests, shop.calm.failed) == (2, 0)
    assert (shop.by_kind[ActKind.RESTART].requests, shop.by_kind[ActKind.RESTART].codes) == (2, {"500": 1})
    assert (shop.by_kind[ActKind.CRASH].requests, shop.by_kind[ActKind.CRASH].codes) == (1, {"H13": 1})
    assert (shop.around.requests, shop.around.failed, shop.requests, shop.failed) == (3, 2, 5, 2)
    assert (blog.calm.requests, blog.around.requests) == (1, 0)
    assert (tally.requests, tally.failed, tally.lost) == (6, 2, 3)
    assert [(done.at_s, done.until_s) for done in tally.done()] == [(10, 12), (11, 11.5)]


def reported() -> LiveReport:
    tally = tallied()
    return LiveReport(
        seed=7,
        rate_per_min=6,
        duration_s=20,
        version="1",
        command="minipaas chaos --live --seed 7",
        ended="the time was over",
        apps=tally.apps(),
        acts=tally.done(),
        lost=tally.lost,
    )


def test_the_report_tells_each_act_and_a_table_for_each_app() -> None:
    text = as_live_text(reported())
    assert "10.0 s  restart of web.1 of shop: up again after 2.0 s; 2 requests meanwhile, 1 failed (500 ×1)" in text
    assert "2 of 6 requests failed; 2 acts in 20 s, seed 7; the time was over" in text
    assert [line.split() for line in text.splitlines() if line.startswith("crash")] == [
        ["crash", "1", "1", "1", "10", "ms", "10", "ms", "10", "ms", "H13", "×1"]
    ]
    assert "3 requests went by too fast to be counted" in text
    assert text.endswith("repeat: minipaas chaos --live --seed 7")
    assert "restart of web.1" not in as_live_text(reported(), acts=False)


def test_the_json_has_the_same_figures() -> None:
    told = live_document(reported())
    assert (told["schema_version"], told["seed"], told["requests"], told["failed"]) == (1, 7, 6, 2)
    assert told["apps"][0]["by_kind"]["crash"]["codes"] == {"H13": 1}
    assert told["apps"][1]["around"] == {"requests": 0, "failed": 0, "codes": {}, "latency_ms": None}
    assert [act["kind"] for act in told["acts"]] == ["restart", "crash"]


def test_kinds_are_named_or_all() -> None:
    assert kinds_in("crash, restart") == (ActKind.RESTART, ActKind.CRASH)
    assert kinds_in("") == tuple(ActKind)
    with pytest.raises(UsageProblem, match="there is no fault `reboot`"):
        kinds_in("reboot")


def test_nothing_seen_has_no_latency() -> None:
    assert Seen().latency is None
