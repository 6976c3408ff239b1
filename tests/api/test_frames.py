"""Frames come out as they went in, however the stream is cut, and strangers' bytes are refused in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.api.frames import FRAME_BYTES, Kind, Unframer, exit_frame, frame, size_frame, size_of, status_of
from minipaas.errors import UsageProblem

FRAMES = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=40)), max_size=6)


@settings(max_examples=60)
@given(FRAMES, st.lists(st.integers(1, 7), max_size=40))
def test_frames_survive_any_cut(frames: list[tuple[Kind, bytes]], cuts: list[int]) -> None:
    stream = b"".join(frame(kind, data) for kind, data in frames)
    unframer, found = Unframer(), []
    for cut in cuts:
        found += unframer.feed(stream[:cut])
        stream = stream[cut:]
    found += unframer.feed(stream)
    assert found == frames


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_strangers_bytes_are_frames_or_a_usage_problem(data: bytes) -> None:
    try:
        Unframer().feed(data)
    except UsageProblem:
        return


@pytest.mark.parametrize("data", [b"Z\x00\x00\x00\x00", b"D" + (FRAME_BYTES + 1).to_bytes(4, "big")])
def test_unknown_and_oversized_frames_are_refused(data: bytes) -> None:
    with pytest.raises(UsageProblem):
        Unframer().feed(data)


def test_sizes_and_statuses() -> None:
    ((kind, data),) = Unframer().feed(size_frame(24, 132))
    assert (kind, size_of(data)) == (Kind.SIZE, (24, 132))
    ((kind, data),) = Unframer().feed(exit_frame(143))
    assert (kind, status_of(data)) == (Kind.EXIT, 143)
    with pytest.raises(UsageProblem):
        size_of(b"123")
