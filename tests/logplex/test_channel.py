"""One app's stream: many speak, order and bytes are kept, each reader gets what it asked for."""

import asyncio
import os
from collections import defaultdict
from pathlib import Path

import pytest

from minipaas.limits import LOG_LINE_BYTES
from minipaas.logplex.channel import Channel
from minipaas.logplex.logplex import Logplex
from minipaas.model.logline import LogChunk, LogFilter, Source, render
from tests.fakes import FakeClock


@pytest.fixture
def logplex(tmp_path: Path, clock: FakeClock) -> Logplex:
    return Logplex(tmp_path, clock)


@pytest.fixture
async def channel(logplex: Logplex) -> Channel:
    return logplex.channel("notes")


async def read(channel: Channel, wanted: LogFilter | None = None, num: int = 1500) -> list[LogChunk]:
    return [chunk async for chunk in channel.tail(wanted or LogFilter(), num)]


async def text(channel: Channel, wanted: LogFilter | None = None, num: int = 1500) -> bytes:
    return b"".join([chunk.data for chunk in await read(channel, wanted, num)])


async def test_lines_print_as_heroku_prints_them(channel: Channel, clock: FakeClock) -> None:
    output = channel.stream("web.1")
    output(b"Listening\non 5000\n")
    await clock.advance(1.5)
    channel.say(Source.HEROKU, "web.1", "State changed from starting to up")
    assert b"".join(map(render, await read(channel))) == (
        b"2027-01-15T08:00:00.000000+00:00 app[web.1]: Listening\n"
        b"2027-01-15T08:00:00.000000+00:00 app[web.1]: on 5000\n"
        b"2027-01-15T08:00:01.500000+00:00 heroku[web.1]: State changed from starting to up\n"
    )


async def test_the_unterminated_last_line_comes_at_the_end_of_the_stream(channel: Channel) -> None:
    output = channel.stream("web.1")
    output(b"a\nlast")
    assert await text(channel) == b"a\n"
    output(b"")
    output(b"")
    assert await text(channel) == b"a\nlast\n"


async def test_two_dynos_of_one_name_never_share_a_line(channel: Channel) -> None:
    old, new = channel.stream("web.1"), channel.stream("web.1")
    old(b"old ")
    new(b"new\n")
    old(b"line\n")
    assert await text(channel) == b"new\nold line\n"


async def test_a_prompt_of_one_dyno_holds_up_no_other(channel: Channel) -> None:
    channel.stream("web.1")(b"Password: ")
    channel.stream("web.2")(b"tick\n")
    assert await text(channel) == b"tick\n"


async def test_binary_output_is_kept_byte_for_byte(channel: Channel) -> None:
    every = bytes(range(256)) * 20
    channel.stream("web.1")(every + b"\n")
    assert await text(channel) == every + b"\n"


async def test_a_line_of_5_mb_is_split_and_the_last_lines_kept(channel: Channel) -> None:
    output = channel.stream("web.1")
    heard: list[LogChunk] = []
    channel.listen(heard.append)
    data = os.urandom(5_000_000).replace(b"\n", b"")
    for at in range(0, len(data), 65_536):
        output(data[at : at + 65_536])
    output(b"\n")
    lines = b"".join(chunk.data for chunk in heard).split(b"\n")[:-1]
    assert b"".join(lines) == data
    assert max(map(len, lines)) == LOG_LINE_BYTES
    assert sum(chunk.count for chunk in heard) == len(lines)


async def test_what_the_platform_says_may_have_lines_and_any_characters(channel: Channel) -> None:
    channel.say(Source.APP, "api", "one\ntwo\n")
    channel.say(Source.APP, "api", "odd \udcff \ud800 ü")
    channel.say(Source.HEROKU, "router", "x" * 10_001)
    channel.say_lines(Source.HEROKU, "router", b"a\nb\n", 2)
    channel.say_lines(Source.HEROKU, "router", b"", 0)
    channel.say_lines(Source.HEROKU, "router", b"y" * 10_001 + b"\n", 1)
    assert await text(channel) == b"one\ntwo\nodd \\udcff \\ud800 \xc3\xbc\n%b\nx\na\nb\n%b\ny\n" % (
        b"x" * 10_000,
        b"y" * 10_000,
    )
    assert [chunk.count for chunk in await read(channel)] == [2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        (LogFilter(), b"w1 r w2 d k "),
        (LogFilter(source=Source.APP), b"w1 w2 k "),
        (LogFilter(source=Source.HEROKU), b"r d "),
        (LogFilter(process="web.1"), b"w1 d "),
        (LogFilter(process="router"), b"r "),
        (LogFilter(process_type="web"), b"w1 w2 d "),
        (LogFilter(process_type="router"), b"r "),
        (LogFilter(process_type="we"), b""),
        (LogFilter(source=Source.APP, process_type="web"), b"w1 w2 "),
        (LogFilter(source=Source.HEROKU, process="web.1"), b"d "),
    ],
)
async def test_filters_choose_from_the_past_and_from_what_comes(
    channel: Channel, wanted: LogFilter, lines: bytes
) -> None:
    tail = channel.tail(wanted, 0, follow=True)
    for source, process, word in (
        (Source.APP, "web.1", "w1"),
        (Source.HEROKU, "router", "r"),
        (Source.APP, "web.2", "w2"),
        (Source.HEROKU, "web.1", "d"),
        (Source.APP, "worker.1", "k"),
    ):
        channel.say(source, process, word)
    assert (await text(channel, wanted)).replace(b"\n", b" ") == lines
    await channel.close()
    assert b"".join([chunk.data async for chunk in tail]).replace(b"\n", b" ") == lines


async def test_num_counts_lines_that_are_wanted(channel: Channel) -> None:
    channel.stream("web.1")(b"1\n2\n3\n")
    channel.stream("worker.1")(b"k\n" * 50)
    assert await text(channel, LogFilter(process_type="web"), 2) == b"2\n3\n"
    assert await text(channel, num=0) == b""


async def test_1500_lines_are_kept(channel: Channel) -> None:
    channel.stream("web.1")(b"".join(b"%d\n" % number for number in range(5000)))
    assert (await text(channel, num=9999)).split() == [b"%d" % number for number in range(3500, 5000)]


async def test_following_goes_on_where_the_past_ended_and_ends_when_closed(channel: Channel) -> None:
    channel.say(Source.APP, "api", "before")
    tail = channel.tail(num=10, follow=True)
    channel.say(Source.APP, "api", "after")
    assert [(await anext(tail)).data for _ in range(2)] == [b"before\n", b"after\n"]
    tail.close()
    assert channel._listeners == ()
    assert not channel._sessions


async def test_a_reader_that_never_reads_slows_nobody_and_costs_bounded_memory(channel: Channel) -> None:
    stuck = channel.tail(num=0, follow=True)
    quick: list[int] = []
    channel.listen(lambda chunk: quick.append(chunk.count))
    output = channel.stream("web.1")
    piece = b"".join(b"%011d\n" % number for number in range(5000))
    for _ in range(300):
        output(piece)
    assert sum(quick) == 300 * 5000
    assert stuck._held_bytes <= 4 * 1024 * 1024
    await channel.close()
    got = [chunk async for chunk in stuck]
    told = int(got[-1].data.split(b"dropped ")[1].split()[0])
    assert sum(chunk.count for chunk in got[:-1]) + told == 300 * 5000


async def test_a_listener_that_stopped_hears_nothing(channel: Channel) -> None:
    heard: list[LogChunk] = []
    stop = channel.listen(heard.append)
    channel.say(Source.APP, "api", "one")
    stop()
    stop()
    channel.say(Source.APP, "api", "two")
    assert [chunk.data for chunk in heard] == [b"one\n"]


async def test_floods_of_real_processes_lose_nothing_and_keep_the_order_of_each(channel: Channel) -> None:
    heard: defaultdict[str, list[bytes]] = defaultdict(list)
    channel.listen(lambda chunk: heard[chunk.process].append(chunk.data))
    await asyncio.gather(*(_run(channel, f"web.{number}", "seq 200000; printf end") for number in (1, 2)))
    expected = [b"%d" % number for number in range(1, 200_001)] + [b"end"]
    for pieces in heard.values():
        assert b"".join(pieces).split() == expected


async def _run(channel: Channel, process: str, command: str) -> None:
    child = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
    assert child.stdout
    output = channel.stream(process)
    while piece := await child.stdout.read(65_536):
        output(piece)
    output(b"")
    await child.wait()
