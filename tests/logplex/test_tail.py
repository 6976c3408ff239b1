"""Tail sessions: what a slow reader misses is counted and told, and nobody waits for it."""

import asyncio

import pytest

from minipaas.logplex.overflow import CHUNK_COST, Overflow
from minipaas.logplex.tail import TailSession
from minipaas.model.logline import LogChunk, LogFilter, Source
from tests.fakes import FakeClock, settle


def chunk(text: str, *, time: float = 1_800_000_000.0, process: str = "web.1") -> LogChunk:
    return LogChunk(time, Source.APP, process, f"{text}\n".encode(), text.count("\n") + 1)


def session(clock: FakeClock, *past: LogChunk, room: int = 4, wanted: LogFilter | None = None) -> TailSession:
    """A session with room for so many chunks of ten bytes."""
    return TailSession(past, wanted or LogFilter(), clock, limit_bytes=room * (CHUNK_COST + 10))


async def rest(tail: TailSession) -> list[str]:
    tail.end()
    return [each.data.decode().rstrip("\n") async for each in tail]


async def test_the_past_comes_first_then_what_is_new(clock: FakeClock) -> None:
    tail = session(clock, chunk("past 1"), chunk("past 2"))
    tail.push(chunk("new"))
    assert await rest(tail) == ["past 1", "past 2", "new"]


async def test_a_waiting_reader_wakes(clock: FakeClock) -> None:
    tail = session(clock)
    reading = asyncio.ensure_future(anext(tail))
    await settle()
    assert not reading.done()
    tail.push(chunk("now"))
    assert (await reading).data == b"now\n"


async def test_an_unwanted_line_does_not_wake(clock: FakeClock) -> None:
    tail = session(clock, wanted=LogFilter(process_type="web"))
    tail.push(chunk("no", process="worker.1"))
    tail.push(chunk("yes"))
    assert await rest(tail) == ["yes"]


async def test_a_cancelled_wait_loses_nothing(clock: FakeClock) -> None:
    tail = session(clock)
    reading = asyncio.ensure_future(anext(tail))
    await settle()
    reading.cancel()
    await settle()
    tail.push(chunk("kept"))
    assert await rest(tail) == ["kept"]


async def test_a_batch_has_all_that_is_ready_and_an_empty_one_is_the_end(clock: FakeClock) -> None:
    tail = session(clock, chunk("a"))
    tail.push(chunk("b"))
    assert [each.data for each in await tail.batch()] == [b"a\n", b"b\n"]
    tail.end()
    assert await tail.batch() == []


async def test_dropped_lines_are_counted_and_told_where_they_are_missing(clock: FakeClock) -> None:
    tail = session(clock, room=4)
    for number in range(4):
        tail.push(chunk(f"kept {number}"))
    for number in range(5):
        tail.push(chunk(f"gone {number}\nand more", time=1_800_000_000.25 + number))
    assert [(await anext(tail)).data for _ in range(3)] == [b"kept 0\n", b"kept 1\n", b"kept 2\n"]
    tail.push(chunk("again"))
    last, notice, again = [each async for each in _ended(tail)]
    assert (last.data, again.data) == (b"kept 3\n", b"again\n")
    assert (notice.source, notice.process, notice.count) == (Source.HEROKU, "logplex", 1)
    assert notice.data == (
        b"Error L11 (Tail buffer overflow) -> "
        b"This tail session dropped 10 messages since 2027-01-15T08:00:00+00:00.\n"
    )


async def test_a_drop_is_told_though_nothing_comes_after_it(clock: FakeClock) -> None:
    tail = session(clock, room=1)
    tail.push(chunk("kept"))
    tail.push(chunk("gone"))
    assert (await anext(tail)).data == b"kept\n"
    assert b"dropped 1 messages" in (await anext(tail)).data


async def test_after_a_drop_nothing_is_taken_before_the_buffer_is_half_empty(clock: FakeClock) -> None:
    tail = session(clock, room=4)
    for number in range(5):
        tail.push(chunk(f"{number}"))
    await anext(tail)
    tail.push(chunk("too early"))
    await anext(tail)
    await anext(tail)
    tail.push(chunk("in time"))
    lines = await rest(tail)
    assert [lines[0], lines[-1]] == ["3", "in time"]
    assert len(lines) == 3
    assert "dropped 2 messages" in lines[1]


async def test_a_chunk_larger_than_the_buffer_passes_when_it_is_empty(clock: FakeClock) -> None:
    tail = session(clock, room=1)
    tail.push(chunk("x" * 5000))
    assert await rest(tail) == ["x" * 5000]


async def test_the_past_takes_no_room(clock: FakeClock) -> None:
    tail = session(clock, chunk("x" * 5000), room=1)
    tail.push(chunk("new"))
    assert await rest(tail) == ["x" * 5000, "new"]


async def test_closing_drops_what_waits_and_wakes_the_reader(clock: FakeClock) -> None:
    tail = session(clock)
    closed = []
    tail.on_close = lambda: closed.append(True)
    reading = asyncio.ensure_future(rest_without_end(tail))
    await settle()
    tail.push(chunk("unread"))
    tail.close()
    tail.close()
    tail.push(chunk("late"))
    assert await reading == []
    assert closed == [True]


async def rest_without_end(tail: TailSession) -> list[bytes]:
    return [each.data async for each in tail]


def _ended(tail: TailSession) -> TailSession:
    tail.end()
    return tail


@pytest.mark.parametrize(("held", "fits"), [(0, True), (1000 - CHUNK_COST - 5, True), (1000 - CHUNK_COST - 4, False)])
def test_what_a_buffer_admits(held: int, fits: bool) -> None:
    overflow = Overflow(1000)
    assert overflow.admits(chunk("four"), held) is fits
    assert (overflow.notice(1.0) is None) is fits
    assert overflow.notice(1.0) is None
