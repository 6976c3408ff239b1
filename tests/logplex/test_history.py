"""The last lines are there after a restart of the platform, whatever happened to it or to the disk."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minipaas.clock import Clock, SystemClock
from minipaas.logplex.channel import Channel
from minipaas.logplex.history import RETRY_DELAY_S, WRITE_DELAY_S
from minipaas.logplex.logplex import Logplex
from minipaas.logplex.record import decode
from minipaas.model.logline import LogChunk, Source
from tests.fakes import FakeClock


async def kept(folder: Path, clock: Clock, app: str = "notes") -> list[LogChunk]:
    """What the next platform on this folder finds."""
    return await read(Logplex(folder, clock).channel(app))


async def read(channel: Channel) -> list[LogChunk]:
    return [chunk async for chunk in channel.tail(num=1500)]


def lines_of(chunks: list[LogChunk]) -> list[bytes]:
    return b"".join(chunk.data for chunk in chunks).split(b"\n")[:-1]


async def until(true: Callable[[], bool]) -> None:
    """Wait for something a worker thread does."""
    for _ in range(5000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen in time")


async def test_times_sources_processes_and_bytes_come_back_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path, clock)
    channel = logplex.channel("notes")
    channel.stream("web.1")(bytes(range(256)) + b"\nsecond\n")
    await clock.advance(0.123456789)
    channel.say(Source.HEROKU, "router", "at=info")
    before = await read(channel)
    await logplex.close()
    assert await kept(tmp_path, clock) == before
    assert len(before) == 2


async def test_lines_are_written_a_moment_after_they_came(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path, clock)
    logplex.channel("notes").say(Source.APP, "api", "hello")
    await clock.advance(WRITE_DELAY_S / 2)
    logplex.channel("notes").say(Source.APP, "api", "again")
    assert not (tmp_path / "notes.log").exists()
    await clock.advance(WRITE_DELAY_S / 2)
    await until((tmp_path / "notes.log").exists)
    await logplex.flush()
    assert lines_of(await kept(tmp_path, clock)) == [b"hello", b"again"]


async def test_what_a_later_platform_logs_comes_behind(tmp_path: Path, clock: FakeClock) -> None:
    for word in ("one", "two", "three"):
        logplex = Logplex(tmp_path, clock)
        logplex.channel("notes").say(Source.APP, "api", word)
        await logplex.close()
    assert lines_of(await kept(tmp_path, clock)) == [b"one", b"two", b"three"]


async def test_the_file_holds_at_most_twice_the_ring(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path, clock)
    output = logplex.channel("notes").stream("web.1")
    largest = 0
    for turn in range(40):
        output(b"".join(b"%d\n" % number for number in range(turn * 200, turn * 200 + 200)))
        await logplex.flush()
        assert lines_of(await kept(tmp_path, clock))[-1] == b"%d" % (turn * 200 + 199)
        largest = max(largest, sum(c.count for c in decode((tmp_path / "notes.log").read_bytes()).chunks))
    assert lines_of(await kept(tmp_path, clock)) == [b"%d" % number for number in range(6500, 8000)]
    assert 1500 < largest <= 3000


async def test_a_flood_writes_only_what_the_ring_keeps(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path, clock)
    output = logplex.channel("notes").stream("web.1")
    for _ in range(100):
        output(b"0123456789a\n" * 5000)
    await logplex.close()
    assert (tmp_path / "notes.log").stat().st_size < 1500 * 12 + 100
    assert len(lines_of(await kept(tmp_path, clock))) == 1500


async def test_only_the_user_can_read_the_file(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path, clock)
    channel = logplex.channel("notes")
    for lines in (1, 5000):
        channel.stream("web.1")(b"x\n" * lines)
        await logplex.flush()
        assert stat.S_IMODE((tmp_path / "notes.log").stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["cut", "overwritten", "emptied", "junk in front", "a folder"])
async def test_a_damaged_file_gives_what_can_be_read_and_is_mended(
    tmp_path: Path, clock: FakeClock, damage: str
) -> None:
    logplex = Logplex(tmp_path, clock)
    for number in range(10):
        logplex.channel("notes").say(Source.APP, "api", f"line {number}")
    await logplex.close()
    path = tmp_path / "notes.log"
    raw = path.read_bytes()
    left = {
        "cut": raw[:-3],
        "overwritten": raw[: len(raw) // 2] + bytes(20) + raw[len(raw) // 2 + 20 :],
        "emptied": b"",
        "junk in front": b"\0junk\n" + raw,
    }
    path.unlink()
    if damage in left:
        path.write_bytes(left[damage])
    else:
        path.mkdir()
    found = {"cut": 9, "overwritten": 9, "emptied": 0, "junk in front": 10, "a folder": 0}[damage]
    later = Logplex(tmp_path, clock)
    assert len(lines_of(await read(later.channel("notes")))) == found
    later.channel("notes").say(Source.APP, "api", "new")
    await later.close()
    if damage != "a folder":
        assert len(lines_of(await kept(tmp_path, clock))) == found + 1
        assert decode(path.read_bytes()).whole


async def test_a_disk_that_takes_nothing_is_told_once_and_tried_again(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "gone"
    logplex = Logplex(folder, clock)
    channel = logplex.channel("notes")
    for word in ("one", "two"):
        channel.say(Source.APP, "api", word)
        await logplex.flush()
        await clock.advance(RETRY_DELAY_S)
        await logplex.flush()
    told = b"cannot keep the last lines of notes in %b: No such file or directory" % bytes(folder)
    assert lines_of(await read(channel)) == [b"one", told, b"two"]
    folder.mkdir()
    await clock.advance(RETRY_DELAY_S)
    await until((folder / "notes.log").exists)
    await logplex.close()
    assert lines_of(await kept(folder, clock)) == [b"one", told, b"two"]


async def test_a_disk_that_fails_again_later_is_told_again(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "logs"
    logplex = Logplex(folder, clock)
    channel = logplex.channel("notes")
    for _ in range(2):
        channel.say(Source.APP, "api", "x")
        await logplex.flush()
        folder.mkdir()
        await logplex.flush()
        (folder / "notes.log").unlink()
        folder.rmdir()
    assert [line.partition(b" ")[0] for line in lines_of(await read(channel))] == [b"x", b"cannot"] * 2


async def test_close_returns_when_the_disk_takes_nothing(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path / "gone", clock)
    logplex.channel("notes").say(Source.APP, "api", "lost")
    await logplex.close()
    logplex.channel("notes").say(Source.APP, "api", "after the end")
    await clock.advance(60)


async def test_a_forgotten_app_leaves_nothing_and_a_new_one_of_its_name_starts_empty(
    tmp_path: Path, clock: FakeClock
) -> None:
    logplex = Logplex(tmp_path, clock)
    logplex.channel("notes").say(Source.APP, "api", "secret")
    await logplex.flush()
    logplex.channel("notes").say(Source.APP, "api", "never written")
    tail = logplex.channel("notes").tail(num=0, follow=True)
    logplex.forget("notes")
    assert [chunk async for chunk in tail] == []
    assert await read(logplex.channel("notes")) == []
    logplex.channel("notes").say(Source.APP, "api", "fresh")
    await logplex.close()
    assert lines_of(await kept(tmp_path, clock)) == [b"fresh"]


async def test_forgetting_an_app_of_an_earlier_platform_deletes_its_lines(tmp_path: Path, clock: FakeClock) -> None:
    first = Logplex(tmp_path, clock)
    first.channel("notes").say(Source.APP, "api", "old")
    await first.close()
    second = Logplex(tmp_path, clock)
    second.forget("notes")
    await until(lambda: not list(tmp_path.iterdir()))
    await second.close()


async def test_apps_are_apart_whatever_their_names(tmp_path: Path, clock: FakeClock) -> None:
    logplex = Logplex(tmp_path, clock)
    names = ["a", "b", "../a", "a/b", "ü d", ".."]
    for name in names:
        logplex.channel(name).say(Source.APP, "api", name)
    await logplex.close()
    for name in names:
        assert lines_of(await kept(tmp_path, clock, name)) == [name.encode()]
    assert len(list(tmp_path.iterdir())) == len(names)


CRASHING = """
import asyncio, pathlib, sys
from minipaas.clock import SystemClock
from minipaas.logplex.logplex import Logplex

async def main():
    output = Logplex(pathlib.Path(sys.argv[1]), SystemClock()).channel("notes").stream("web.1")
    number = 0
    while True:
        output(b"".join(b"%d\\n" % (number + n) for n in range(100)))
        number += 100
        await asyncio.sleep(0.002)

asyncio.run(main())
"""


async def test_kill_9_leaves_the_last_lines_that_were_written(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CRASHING, str(tmp_path)])
    await until((tmp_path / "notes.log").exists)
    first = (tmp_path / "notes.log").stat().st_mtime_ns
    await until(lambda: (tmp_path / "notes.log").stat().st_mtime_ns != first)
    child.send_signal(signal.SIGKILL)
    child.wait()
    numbers = [int(line) for line in lines_of(await kept(tmp_path, SystemClock()))]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len(numbers) == 1500


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.root
async def test_a_full_disk_hurts_no_app_and_lines_are_kept_when_there_is_room(
    small_disk: Path, clock: FakeClock
) -> None:
    logplex = Logplex(small_disk, clock)
    channel = logplex.channel("notes")
    output = channel.stream("web.1")
    output(b"before\n")
    await logplex.flush()
    (small_disk / "fills the disk").write_bytes(bytes(56 * 1024))
    heard: list[bytes] = []
    channel.listen(lambda chunk: heard.append(chunk.data))
    big = b"x" * 9000 + b"\n"
    for _ in range(3):
        output(big)
        await logplex.flush()
        await clock.advance(RETRY_DELAY_S)
    told = b"cannot keep the last lines of notes in %b: No space left on device\n" % bytes(small_disk)
    assert heard == [big, told, big, big]
    await logplex.flush()
    assert lines_of(await kept(small_disk, clock)) == [b"before"]
    (small_disk / "fills the disk").unlink()
    await logplex.close()
    assert lines_of(await kept(small_disk, clock)) == b"".join([b"before\n", *heard]).split(b"\n")[:-1]


async def test_earlier_lines_come_before_those_said_since_though_read_later(tmp_path: Path) -> None:
    before = Logplex(tmp_path, SystemClock())
    before.channel("notes").say(Source.APP, "web.1", "earlier")
    await before.close()
    now = Logplex(tmp_path, SystemClock())
    now.channel("notes").say(Source.APP, "web.1", "later")
    assert lines_of(now.channel("notes").last(10)) == [b"earlier", b"later"]
    await now.close()
    assert lines_of(await kept(tmp_path, SystemClock())) == [b"earlier", b"later"]
