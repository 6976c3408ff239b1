"""The pipe a dyno prints into: every byte once, in order, and no dyno at another's cost."""

import asyncio
import hashlib
import os

import pytest

from minipaas.runtime.output import OutputPipe
from tests.runtime.conftest import only
from tests.runtime.place import Place, Said, eventually, within

real = only("sandbox", "process")


class Counted:
    """Keeps a sum instead of a hundred megabytes."""

    def __init__(self) -> None:
        self.size = self.pieces = self.ends = 0
        self.sum = hashlib.md5()

    def __call__(self, data: bytes) -> None:
        self.size += len(data)
        self.pieces += 1
        self.ends += not data
        self.sum.update(data)


@real
async def test_binary_output_is_byte_exact(place: Place) -> None:
    ended = await place.run("python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 100)'")
    assert ended.output == bytes(range(256)) * 100


@real
async def test_a_line_of_five_megabytes_comes_whole(place: Place) -> None:
    ended = await place.run("head -c 5000000 /dev/zero | tr '\\0' x; echo")
    assert ended.output == b"x" * 5_000_000 + b"\n"


@real
@pytest.mark.slow
async def test_a_flood_of_a_hundred_megabytes_is_counted_and_the_loop_stays_free(place: Place) -> None:
    counted = Counted()
    turns = 0
    process = await place.runtime.start(place.launch("head -c 100000000 /dev/zero", output=counted))
    flood = asyncio.ensure_future(process.wait())
    quiet = await place.run("echo heard")
    while not flood.done():
        await asyncio.sleep(0)
        turns += 1
    process.discard()
    assert (counted.size, counted.ends) == (100_000_000, 1)
    assert quiet.output == b"heard\n"
    assert turns > 100
    assert counted.size / counted.pieces > 20_000


async def test_a_burst_is_handed_on_in_few_pieces() -> None:
    reading, writing = os.pipe()
    pieces: list[bytes] = []
    pipe = OutputPipe(reading, pieces.append)
    pipe.start()
    os.write(writing, b"first\n")
    await eventually(lambda: pieces)
    for number in range(500):
        os.write(writing, b"%d\n" % number)
        if number % 50 == 0:
            await asyncio.sleep(0)
    os.close(writing)
    await eventually(lambda: not pipe.open)
    assert b"".join(pieces) == b"first\n" + b"".join(b"%d\n" % number for number in range(500))
    assert len(pieces) < 20
    assert pieces[-1] == b""


async def test_the_end_is_told_even_when_a_stranger_holds_the_pipe() -> None:
    reading, writing = os.pipe()
    said = Said()
    pipe = OutputPipe(reading, said)
    pipe.start()
    os.write(writing, b"tail without newline")
    pipe.close()
    pipe.close()
    assert (bytes(said.data), said.ends) == (b"tail without newline", 1)
    os.close(writing)


async def test_a_receiver_that_fails_does_not_stop_the_reading() -> None:
    reading, writing = os.pipe()
    told: list[bytes] = []
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: problems.append(context))

    def receive(data: bytes) -> None:
        told.append(data)
        if len(told) == 1:
            raise ValueError("a receiver's own fault")

    pipe = OutputPipe(reading, receive)
    pipe.start()
    os.write(writing, b"one")
    await eventually(lambda: told)
    os.write(writing, b"two")
    os.close(writing)
    await within(eventually(lambda: not pipe.open))
    assert b"".join(told) == b"onetwo"
    assert len(problems) == 1
