"""Where a body ends: the same verdict for every way to cut the stream, and no leniency in the grammar."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minipaas.router.chunked import OVERHEAD_BYTES, BadChunk, ChunkedBody, CloseBody, LengthBody

GOOD = {
    "nothing": b"0\r\n\r\n",
    "one": b"3\r\nabc\r\n0\r\n\r\n",
    "several": b"3\r\nabc\r\n00A\r\n0123456789\r\n000\r\n\r\n",
    "hex both cases": b"aB\r\n" + b"x" * 0xAB + b"\r\n0\r\n\r\n",
    "line ends in the data": b"6\r\n\r\n0\r\n\r\r\n0\r\n\r\n",
    "extension": b'3;a=b;c="d e"\r\nabc\r\n0;last\r\n\r\n',
    "extension after spaces": b"3 \t;a\r\nabc\r\n0\r\n\r\n",
    "trailers": b"1\r\na\r\n0\r\nX-A: b\r\nY:\r\n\r\n",
    "15 digits": b"000000000000003\r\nabc\r\n0\r\n\r\n",
}
BAD = {
    "hex prefix": b"0x2\r\nab\r\n0\r\n\r\n",
    "underscore": b"1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
    "plus": b"+2\r\nab\r\n0\r\n\r\n",
    "minus": b"-2\r\nab\r\n0\r\n\r\n",
    "leading space": b" 2\r\nab\r\n0\r\n\r\n",
    "trailing space": b"2 \r\nab\r\n0\r\n\r\n",
    "no size": b"\r\nab\r\n0\r\n\r\n",
    "letters": b"zz\r\nab\r\n0\r\n\r\n",
    "16 digits": b"0000000000000002\r\nab\r\n0\r\n\r\n",
    "overflow": b"FFFFFFFFFFFFFFFF1\r\nab\r\n0\r\n\r\n",
    "bare lf after size": b"2\nab\r\n0\r\n\r\n",
    "bare lf after data": b"2\r\nab\n0\r\n\r\n",
    "bare lf at the end": b"2\r\nab\r\n0\r\n\n",
    "bare cr after size": b"2\rab\r\n0\r\n\r\n",
    "cr cr lf": b"2\r\r\nab\r\n0\r\n\r\n",
    "no line end after data": b"2\r\nab0\r\n\r\n",
    "more data than the size": b"2\r\nabc\r\n0\r\n\r\n",
    "less data than the size": b"4\r\nab\r\n0\r\n\r\n",
    "zero in the middle": b"2\r\nab\r\n0\r\n2\r\nab\r\n0\r\n\r\n",
    "nul in extension": b"2;a\x00\r\nab\r\n0\r\n\r\n",
    "lf in extension": b"2;a\nb\r\nab\r\n0\r\n\r\n",
    "extension without semicolon": b"2 a\r\nab\r\n0\r\n\r\n",
    "endless extension": b"2;" + b"a" * 5000 + b"\r\nab\r\n0\r\n\r\n",
    "many extensions": b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\na\r\n" * 700 + b"0\r\n\r\n",
    "trailer without colon": b"0\r\nnonsense\r\n\r\n",
    "trailer folded": b"0\r\nA: b\r\n c\r\n\r\n",
    "trailer with space in name": b"0\r\nA B: c\r\n\r\n",
    "trailer with nul": b"0\r\nA: \x00\r\n\r\n",
    "long trailer": b"0\r\nA: " + b"b" * 9000 + b"\r\n\r\n",
    "many trailers": b"0\r\n" + b"A: b\r\n" * (OVERHEAD_BYTES // 6 + 1) + b"\r\n",
    "size of other digits": "\u0662\r\nab\r\n0\r\n\r\n".encode(),
}


def verdict(pieces: list[bytes]) -> tuple[str, int, bytes]:
    """done, open or bad; how many bytes were of the body; its data."""
    payload: list[bytes] = []
    body = ChunkedBody(payload)
    taken = 0
    try:
        for piece in pieces:
            if body.done:
                break
            taken += body.feed(piece)
    except BadChunk:
        return "bad", 0, b""
    return ("done" if body.done else "open"), taken, b"".join(payload)


def cuts(data: bytes, *places: int) -> list[bytes]:
    return [data[start:end] for start, end in zip((0, *places), (*places, len(data)), strict=True)]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_body_ends_at_the_same_byte_for_every_one_and_two_cuts(name: str) -> None:
    data = GOOD[name] + b"GET / HTTP/1.1\r\n"
    whole = verdict([data])
    assert whole[:2] == ("done", len(GOOD[name]))
    for first in range(len(data) + 1):
        assert verdict(cuts(data, first)) == whole
        for second in range(first, min(len(data) + 1, first + 40)):
            assert verdict(cuts(data, first, second)) == whole
    assert verdict([data[i : i + 1] for i in range(len(data))]) == whole


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_bad_for_every_cut(name: str) -> None:
    data = BAD[name]
    assert verdict([data])[0] == "bad"
    for first in range(0, len(data), max(1, len(data) // 200)):
        assert verdict(cuts(data, first))[0] == "bad"
    assert verdict([data[i : i + 1] for i in range(len(data))])[0] == "bad"


@pytest.mark.parametrize(
    "start", [b"x", b"0x", b"1 2", b"\r", b"\n", b"2\ra", b"2\r\nabx", b"0\r\n ", b"0\r\n:", b"0\r\n\x00"]
)
def test_what_cannot_become_good_is_refused_without_waiting_for_its_line_to_end(start: bytes) -> None:
    assert verdict([start])[0] == "bad"


def test_the_payload_is_the_data_alone() -> None:
    assert verdict([GOOD["trailers"]])[2] == b"a"
    assert verdict([GOOD["several"]])[2] == b"abc0123456789"


def test_extensions_on_large_chunks_are_no_abuse() -> None:
    body = ChunkedBody()
    piece = b"400;chunk-signature=" + b"a" * 64 + b"\r\n" + b"x" * 1024 + b"\r\n"
    for _ in range(1000):
        body.feed(piece)


@given(st.binary(max_size=120), st.lists(st.integers(0, 130), max_size=4))
@example(b"2;a\r\nab\r\n0\r\nA: b\r\n\r\nrest", [1, 2, 3])
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_one_verdict_for_any_cuts(data: bytes, places: list[int]) -> None:
    places = sorted(min(place, len(data)) for place in places)
    assert verdict(cuts(data, *places)) == verdict([data])


_pieces = st.sampled_from(
    [b"0", b"3", b"A", b"\r\n", b"\r", b"\n", b";", b"abc", b"A: b", b" ", b"0\r\n\r\n", b"3\r\nabc\r\n"]
)


@given(st.lists(_pieces, max_size=14).map(b"".join), st.lists(st.integers(0, 60), max_size=5))
@settings(max_examples=500, deadline=None)
def test_any_mix_of_chunk_pieces_gives_one_verdict_for_any_cuts(data: bytes, places: list[int]) -> None:
    places = sorted(min(place, len(data)) for place in places)
    assert verdict(cuts(data, *places)) == verdict([data])


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=8), st.lists(st.integers(0, 500), max_size=6))
@settings(max_examples=100, deadline=None)
def test_what_is_framed_comes_out_again(chunks: list[bytes], places: list[int]) -> None:
    data = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    places = sorted(min(place, len(data)) for place in places)
    assert verdict(cuts(data, *places)) == ("done", len(data), b"".join(chunks))


def test_a_body_with_a_length_takes_just_that() -> None:
    body = LengthBody(5)
    assert (body.feed(b"abc"), body.done) == (3, False)
    assert (body.feed(b"defg"), body.done) == (2, True)
    assert LengthBody(0).done


def test_a_body_until_close_takes_all_and_is_never_done() -> None:
    body = CloseBody()
    assert (body.feed(b"abc"), body.done) == (3, False)
