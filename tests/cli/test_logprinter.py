"""The log printer: loses nothing to a reader that keeps up, and never waits for one that does not."""

import errno
import io
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from minipaas.cli.logprinter import LogPrinter
from minipaas.cli.logview import TextView
from minipaas.model.logline import LogChunk, Source
from tests.fakes import FakeClock


def chunk(data: bytes, process: str = "web.1") -> LogChunk:
    return LogChunk(1_800_000_000.0, Source.APP, process, data, data.count(b"\n"))


def bare(_app: str, given: LogChunk) -> bytes:
    """A view that shows the lines alone."""
    return given.data


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb", buffering=0) as writer:
        yield reader, writer


async def test_a_million_lines_to_a_file_that_keeps_up_are_all_there(tmp_path: Path, clock: FakeClock) -> None:
    with (tmp_path / "out").open("wb") as file:
        printer = LogPrinter(file, bare, clock)
        for start in range(0, 1_000_000, 5000):
            printer.print("notes", chunk(b"".join(b"%011d\n" % n for n in range(start, start + 5000))))
        assert await printer.close(30)
    with (tmp_path / "out").open("rb") as file:
        assert all(line == b"%011d\n" % number for number, line in enumerate(file))
        assert file.tell() == 12_000_000


async def test_a_pipe_that_is_read_gets_every_line_of_many_small_chunks(
    pipe: tuple[BinaryIO, BinaryIO], clock: FakeClock
) -> None:
    reader, writer = pipe
    got: list[bytes] = []
    reading = threading.Thread(target=lambda: got.append(reader.read()))
    reading.start()
    printer = LogPrinter(writer, TextView(), clock)
    for number in range(20_000):
        printer.print("notes", chunk(b"%d\n" % number))
    assert await printer.close(30)
    writer.close()
    reading.join()
    assert [line.rpartition(b" ")[2] for line in got[0].splitlines()] == [b"%d" % number for number in range(20_000)]


async def test_a_blocked_reader_blocks_nobody_and_is_told_what_it_missed(
    pipe: tuple[BinaryIO, BinaryIO], clock: FakeClock
) -> None:
    reader, writer = pipe
    printer = LogPrinter(writer, bare, clock, limit_bytes=400_000)
    line = b"x" * 999 + b"\n"
    for _ in range(20_000):
        printer.print("notes", chunk(line))
    assert printer._put_bytes - printer._taken_bytes <= 400_000 + 1000
    assert not await printer.close(0.01)
    got: list[bytes] = []
    reading = threading.Thread(target=lambda: got.append(reader.read()))
    reading.start()
    assert await printer.close(30)
    writer.close()
    reading.join()
    told = re.findall(rb"Error L11 \(Tail buffer overflow\) -> This tail session dropped (\d+) messages", got[0])
    assert told
    assert got[0].count(line) + sum(map(int, told)) == 20_000


async def test_each_app_is_told_what_it_missed(pipe: tuple[BinaryIO, BinaryIO], clock: FakeClock) -> None:
    reader, writer = pipe
    printer = LogPrinter(writer, lambda app, given: app.encode() + b" " + given.data, clock, limit_bytes=1000)
    for _ in range(5):
        printer.print("one", chunk(b"x" * 200_000 + b"\n"))
        printer.print("two", chunk(b"y" * 200_000 + b"\n"))
    got: list[bytes] = []
    reading = threading.Thread(target=lambda: got.append(reader.read()))
    reading.start()
    assert await printer.close(30)
    writer.close()
    reading.join()
    assert re.findall(rb"(?m)^(one|two) Error L11 .* dropped (\d) messages", got[0]) == [
        (b"one", b"4"),
        (b"two", b"5"),
    ]


async def test_a_reader_that_left_ends_it_quietly(pipe: tuple[BinaryIO, BinaryIO], clock: FakeClock) -> None:
    reader, writer = pipe
    reader.close()
    printer = LogPrinter(writer, bare, clock)
    printer.print("notes", chunk(b"x\n"))
    assert not await printer.close(30)
    assert isinstance(printer.error, BrokenPipeError)
    printer.print("notes", chunk(b"x\n"))


async def test_a_full_disk_under_the_output_is_kept_as_the_error(clock: FakeClock) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        printer = LogPrinter(full, bare, clock)
        printer.print("notes", chunk(b"x\n"))
        assert not await printer.close(30)
    assert printer.error is not None
    assert printer.error.errno == errno.ENOSPC


async def test_a_descriptor_that_somebody_made_non_blocking_loses_nothing(
    pipe: tuple[BinaryIO, BinaryIO], clock: FakeClock
) -> None:
    reader, writer = pipe
    os.set_blocking(writer.fileno(), False)
    printer = LogPrinter(writer, bare, clock)
    printer.print("notes", chunk(b"x" * 1_000_000 + b"\n"))
    assert len(reader.read(1_000_001)) == 1_000_001
    assert await printer.close(30)


async def test_a_stream_in_memory_will_do(clock: FakeClock) -> None:
    stream = io.BytesIO()
    printer = LogPrinter(stream, TextView(), clock)
    printer.print("notes", chunk(b"x\n"))
    assert await printer.close()
    assert await printer.close()
    assert stream.getvalue() == b"2027-01-15T08:00:00.000000+00:00 app[web.1]: x\n"
