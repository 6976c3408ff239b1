"""Figures from the router's records, and how they are written."""

import asyncio
import dataclasses
import re

import pytest

from minipaas.api.figures import as_json, as_prometheus
from minipaas.control.runtime_metrics import Load, lines, sample
from minipaas.control.traffic import BATCH, OTHER, ROUTES, Traffic, percentile, route_of
from minipaas.model.logline import LogChunk, Source
from minipaas.model.record import AppRecord
from minipaas.model.request import RequestRecord
from minipaas.runtime.base import Memory
from tests.fakes import FakeClock
from tests.formation.world import World

NOW = 1_800_000_000.0


def record(path: str = "/", ms: int | None = 5, status: int = 200, code: str = "", ago: float = 0) -> RequestRecord:
    return RequestRecord(
        app="shop",
        started_at=NOW - ago,
        method="GET",
        path=path,
        host="h",
        request_id="i",
        fwd="f",
        service_ms=ms,
        status=status,
        bytes=10,
        code=code,
    )


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "GET /"),
        ("/posts/17?page=2", "GET /posts/{id}"),
        ("/u/6f9619ff-8b86-d011-b42d-00cf4fc964ff/edit", "GET /u/{id}/edit"),
        ("/static/app.3f2a9c1b.js", "GET /static/app.3f2a9c1b.js"),
        ("/feedface/x", "GET /{id}/x"),
        ("/v2/face", "GET /v2/face"),
    ],
)
def test_routes_leave_out_what_differs_each_time(path: str, route: str) -> None:
    assert route_of("GET", path) == route


def test_percentiles() -> None:
    hundred = dict.fromkeys(range(1, 101), 1)
    assert [percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile({}, 0.5) is None
    assert percentile({7: 1}, 0.99) == 7


def test_requests_are_counted_by_route_status_and_code() -> None:
    traffic = Traffic(lambda: NOW)
    traffic.take([record("/a/1", 10), record("/a/2", 1234, 500), record("/a/3", None, 503, "H12", ago=90)])
    figures = as_json("shop", traffic, [])
    (route,) = figures["routes"]
    assert route["route"] == "GET /a/{id}"
    assert (route["requests"], route["p50_ms"], route["p99_ms"]) == (3, 10, 1200)
    assert route["statuses"] == {"2xx": 1, "5xx": 2}
    assert figures["codes"] == {"H12": 1}
    assert figures["requests_per_second"] == round(2 / 60, 3)


def test_a_crawler_does_not_make_it_grow_for_ever() -> None:
    traffic = Traffic(lambda: NOW)
    traffic.take([record(f"/page-{number}") for number in range(ROUTES + BATCH)])
    assert len(traffic.routes) == ROUTES + 1
    assert traffic.routes[OTHER].requests == BATCH


def test_r_codes_are_heard_in_the_log_and_an_apps_own_words_are_not() -> None:
    traffic = Traffic(lambda: NOW)
    for source in (Source.HEROKU, Source.APP):
        traffic.hear(LogChunk(NOW, source, "web.1", b"Error R14 (Memory quota exceeded)\n", 1))
    assert traffic.codes == {"R14": 1}


def test_prometheus_text_is_well_formed_whatever_the_path() -> None:
    traffic = Traffic(lambda: NOW)
    traffic.take([record('/a"b\\c\nd', 20), record("/x", None, 503, "H10")])
    text = as_prometheus({"shop": (traffic, [])})
    sample = re.compile(r'[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\} [0-9.e+-]+')
    for line in text.splitlines():
        assert line.startswith("# ") or sample.fullmatch(line), line
    assert 'minipaas_errors_total{app="shop",code="H10"} 1' in text
    assert 'quantile="0.95"} 0.02' in text


def test_runtime_metrics_are_told_in_herokus_words() -> None:
    memory = Memory(20 * 2**20, cache_bytes=2**20, swap_bytes=5 * 2**20, pages_in=348836, pages_out=343403)
    load = Load(0.0, (2.456, 1.06, 0.99))
    first, second = lines("web.1", "heroku.app.life", load, memory)
    begin = "source=web.1 dyno=heroku.app.life"
    assert first == f"{begin} sample#load_avg_1m=2.46 sample#load_avg_5m=1.06 sample#load_avg_15m=0.99"
    assert second == (
        f"{begin} sample#memory_total=21.00MB sample#memory_rss=15.00MB sample#memory_cache=1.00MB"
        " sample#memory_swap=5.00MB sample#memory_pgpgin=348836pages sample#memory_pgpgout=343403pages"
    )


def test_a_load_average_approaches_what_is_used() -> None:
    load = Load(0.0)
    for number in range(1, 91):
        load = load.after(number * 40.0, 20.0)
    assert [round(value, 2) for value in load.averages] == [2.0, 2.0, 1.73]


async def test_runtime_metrics_come_every_twenty_seconds_until_the_feature_is_off(clock: FakeClock) -> None:
    world = World(clock)
    await world.release(web=1)
    on = AppRecord(id="app-id", name="shop", created_at=0, features=("log-runtime-metrics",))
    records = [on]
    task = asyncio.ensure_future(sample(world.kit, lambda: records[-1], world.manager.living))
    world.told()
    await clock.advance(20)
    life = world.processes[0].id
    first, second = world.told()
    assert first.startswith(f"web.1: source=web.1 dyno=heroku.app-id.{life} sample#load_avg_1m=")
    assert "sample#memory_total=" in second
    records.append(dataclasses.replace(on, features=()))
    await clock.advance(60)
    assert task.done()
