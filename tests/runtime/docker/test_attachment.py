"""The engine's stream, cut anywhere."""

from hypothesis import given
from hypothesis import strategies as st

from minipaas.runtime.docker.attachment import Frames, Herald
from minipaas.runtime.docker.recipe import READY


def framed(pieces: list[bytes]) -> bytes:
    return b"".join(
        bytes((1 + number % 2, 0, 0, 0)) + len(each).to_bytes(4, "big") + each for number, each in enumerate(pieces)
    )


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [each for each in (*pieces, data[at:]) if each]


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 20), max_size=30))
def test_frames_give_what_was_written_wherever_the_stream_is_cut(pieces: list[bytes], sizes: list[int]) -> None:
    said: list[bytes] = []
    frames = Frames(said.append)
    for chunk in cut(framed(pieces), sizes):
        frames.feed(chunk)
    frames.feed(b"")
    assert b"".join(said) == b"".join(pieces)
    assert said.count(b"") == 1


class Heard:
    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.told: list[str] = []
        self.herald = Herald(self.said.append, lambda: self.told.append("ready"), lambda: self.told.append("ended"))


@given(st.binary(max_size=20), st.binary(max_size=20), st.lists(st.integers(1, 9), max_size=20))
def test_the_herald_cuts_the_first_ready_out_and_nothing_else(before: bytes, after: bytes, sizes: list[int]) -> None:
    heard = Heard()
    for chunk in cut(before + READY + after + READY, sizes):
        heard.herald.feed(chunk)
    assert heard.told == ["ready"]
    heard.herald.feed(b"")
    whole = (before + READY + after + READY).replace(READY, b"", 1)
    assert b"".join(heard.said) == whole
    assert heard.told == ["ready", "ended"]
    assert heard.said.count(b"") == 1


def test_a_dyno_that_ends_before_it_is_ready_has_said_what_it_said() -> None:
    heard = Heard()
    for data in (b"bash: not ", b"found\n", b""):
        heard.herald.feed(data)
    assert heard.said == [b"bash: not found\n", b""]
    assert heard.told == ["ready", "ended"]


def test_one_that_was_muted_says_nothing() -> None:
    heard = Heard()
    heard.herald.mute()
    for data in (READY, b"x", b""):
        heard.herald.feed(data)
    assert heard.said == []
