"""Answers as far as they are waited for."""

import asyncio

import pytest
from aiohttp import web

from minipaas.chaos import answers
from minipaas.chaos.history import Exchange, History
from minipaas.chaos.user import User
from tests.chaos.inside import Answer, Inside, inside, page


async def nothing() -> None:
    return


async def asked(fleet: Inside, path: str, times: int = 1) -> Exchange:
    user = User("alice", "app.localhost", fleet.next, History("test"), timeout_s=0.3, between_hops=nothing)
    try:
        for _ in range(times):
            exchange, _ = await user.get(path)
    finally:
        await user.close()
    return exchange


def trickling(kind: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        while True:
            await response.write(b"data: drop\n\n")
            await asyncio.sleep(0.02)

    return answer


async def test_an_answer_that_trickles_without_end_is_left_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "BODY_S", 0.2)
    async with inside({"GET /": trickling("text/plain")}) as fleet:
        exchange = await asked(fleet, "/")
    assert (exchange.status, exchange.error) == (200, "still sending")
    assert b"drop" in exchange.body
    assert exchange.first_byte_s is not None
    assert exchange.silent_s == exchange.first_byte_s < exchange.service_s


async def test_a_stream_of_events_is_heard_for_a_moment_and_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "STREAM_S", 0.1)
    async with inside({"GET /": trickling("text/event-stream")}) as fleet:
        exchange = await asked(fleet, "/")
    assert (exchange.status, exchange.error, exchange.kind) == (200, "", "text/event-stream")


async def test_silence_ends_with_the_patience_and_counts_as_silent() -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return page("late")

    async with inside({"GET /": silent}) as fleet:
        exchange = await asked(fleet, "/")
    assert (exchange.status, exchange.error, exchange.first_byte_s) == (0, "timed out", None)
    assert exchange.silent_s == exchange.service_s >= 0.3


def not_ready(times: int) -> tuple[Answer, list[int]]:
    left = [times]

    async def answer(_: web.Request) -> web.StreamResponse:
        left[0] -= 1
        return page("wait", 503) if left[0] >= 0 else page("ready")

    return answer, left


async def test_a_dyno_that_is_not_ready_yet_is_asked_again() -> None:
    answer, _ = not_ready(2)
    async with inside({"GET /": answer}) as fleet:
        exchange = await asked(fleet, "/")
    assert (exchange.status, exchange.at) == (200, 0)


async def test_a_503_of_a_dyno_that_was_ready_is_its_answer() -> None:
    answer, left = not_ready(0)
    async with inside({"GET /": answer}) as fleet:
        await asked(fleet, "/")
        left[0] = 1
        assert (await asked(fleet, "/")).status == 503


async def test_a_dyno_that_is_never_ready_costs_its_time_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WARM_UP_S", 0.3)
    answer, left = not_ready(1000)
    async with inside({"GET /": answer}) as fleet:
        assert (await asked(fleet, "/", times=3)).status == 503
    assert 1000 - left[0] <= 5
