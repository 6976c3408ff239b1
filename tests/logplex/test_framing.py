"""Framing: the same lines come out, byte for byte, however a stream is split."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.limits import LOG_LINE_BYTES
from minipaas.logplex.framing import LineFramer, last_lines, split_long

LONG = LOG_LINE_BYTES


def framed(*pieces: bytes) -> list[bytes]:
    """The lines of a stream that comes in these pieces and ends."""
    framer = LineFramer()
    out = b"".join([*map(framer.feed, pieces), framer.flush_partial()])
    assert not out or out.endswith(b"\n")
    return out.split(b"\n")[:-1]


def expected(data: bytes) -> list[bytes]:
    """The rule said the slow way: split at newlines, cut each line at the limit, keep an unfinished last one."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [line[at : at + LONG] for line in lines for at in range(0, max(len(line), 1), LONG)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"\n\n", [b"", b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\nb", [b"a", b"b"]),
        (b"10%\r20%\r\n", [b"10%\r20%\r"]),
        (b"a\0b\n", [b"a\0b"]),
        (b"\xff\xfe\x80\n", [b"\xff\xfe\x80"]),
        ("a\u2028b\x85c\x0cd\x0be\x1cf\n".encode(), ["a\u2028b\x85c\x0cd\x0be\x1cf".encode()]),
        (b"x" * LONG + b"\n", [b"x" * LONG]),
        (b"x" * (LONG + 1) + b"\n", [b"x" * LONG, b"x"]),
        (b"x" * 2 * LONG + b"\n", [b"x" * LONG] * 2),
        (b"x" * 2 * LONG, [b"x" * LONG] * 2),
        (b"a\n" + b"x" * (2 * LONG + 5) + b"\nb\n", [b"a", b"x" * LONG, b"x" * LONG, b"xxxxx", b"b"]),
    ],
)
def test_lines_end_at_newlines_only_and_at_the_limit(data: bytes, lines: list[bytes]) -> None:
    assert framed(data) == lines
    assert framed(*(data[at : at + 1] for at in range(len(data)))) == lines
    assert expected(data) == lines


lengths = st.one_of(st.integers(0, 20), st.sampled_from([LONG - 1, LONG, LONG + 1, 2 * LONG, 2 * LONG + 1, 35_000]))
lines_of_all_sizes = st.lists(
    st.builds(lambda pattern, length: (pattern * length)[:length], st.binary(min_size=1, max_size=3), lengths),
    max_size=6,
).map(b"\n".join)


@settings(max_examples=150, deadline=None)
@given(data=lines_of_all_sizes, cuts=st.lists(st.integers(0, 100_000), max_size=8))
def test_any_split_of_any_bytes_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    ends = sorted(min(cut, len(data)) for cut in cuts)
    pieces = [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]
    assert framed(*filter(None, pieces)) == expected(data)


@settings(max_examples=60, deadline=None)
@given(data=lines_of_all_sizes.map(lambda lines: lines + b"\n"))
def test_split_long_cuts_as_the_stream_does(data: bytes) -> None:
    assert split_long(data).split(b"\n")[:-1] == expected(data)


def test_lines_that_fit_are_not_copied() -> None:
    data = b"x" * 80 + b"\n"
    assert split_long(data * 1000) == data * 1000
    piece = data * 800
    assert LineFramer().feed(piece) is piece


def test_a_prompt_is_held_until_its_line_completes() -> None:
    framer = LineFramer()
    assert framer.feed(b"Password: ") == b""
    assert framer.feed(b"ok\nnext") == b"Password: ok\n"
    assert framer.flush_partial() == b"next\n"


def test_a_flushed_prompt_is_a_line_of_its_own() -> None:
    framer = LineFramer()
    framer.feed(b"Password: ")
    assert framer.flush_partial() == b"Password: \n"
    assert framer.flush_partial() == b""
    assert framer.feed(b"ok\n") == b"ok\n"


def test_a_full_line_waits_for_the_newline_that_may_follow() -> None:
    framer = LineFramer()
    assert framer.feed(b"x" * LONG) == b""
    assert framer.feed(b"\n") == b"x" * LONG + b"\n"


def test_a_line_of_5_mb_comes_as_500_lines_and_is_never_held() -> None:
    framer = LineFramer()
    out = [framer.feed(b"y" * 65_536) for _ in range(76)]
    assert all(out)
    lines = b"".join([*out, framer.flush_partial()]).split(b"\n")[:-1]
    assert b"".join(lines) == b"y" * 65_536 * 76
    assert {len(line) for line in lines[:-1]} == {LONG}


@settings(max_examples=100)
@given(lines=st.lists(st.sampled_from([b"", b"a", b"bc"]), max_size=8), count=st.integers(-1, 10))
def test_last_lines(lines: list[bytes], count: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    kept = lines[-count:] if count > 0 else []
    assert last_lines(data, count) == b"".join(line + b"\n" for line in kept)
