"""Records of the history file: exact there and back, and read as far as a damaged file lets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.logplex.record import decode, encode
from minipaas.model.logline import LogChunk, Source

chunks = st.builds(
    lambda time, source, process, lines: LogChunk(
        time, source, process, b"".join(line.replace(b"\n", b"") + b"\n" for line in lines), len(lines)
    ),
    st.floats(0, 4e9),
    st.sampled_from(Source),
    st.text(max_size=12),
    st.lists(
        st.one_of(st.binary(max_size=12), st.just(b'@ 1.0 app 1 1 00000000 "x" 00000000')), min_size=1, max_size=4
    ),
)


@settings(max_examples=150)
@given(st.lists(chunks, max_size=5))
def test_times_sources_processes_and_bytes_come_back_exactly(given_chunks: list[LogChunk]) -> None:
    found = decode(b"".join(map(encode, given_chunks)))
    assert found.chunks == given_chunks
    assert found.whole


@settings(max_examples=150)
@given(given_chunks=st.lists(chunks, min_size=1, max_size=4), data=st.data())
def test_a_file_cut_anywhere_gives_every_whole_line_before_the_cut(
    given_chunks: list[LogChunk], data: st.DataObject
) -> None:
    records = [encode(chunk) for chunk in given_chunks]
    cut = data.draw(st.integers(0, sum(map(len, records))))
    found = decode(b"".join(records)[:cut])
    whole = 0
    while whole < len(records) and sum(map(len, records[: whole + 1])) <= cut:
        whole += 1
    assert found.chunks[:whole] == given_chunks[:whole]
    for torn, meant in zip(found.chunks[whole:], given_chunks[whole:], strict=False):
        assert meant.data.startswith(torn.data)
        assert torn.data.count(b"\n") == torn.count > 0
    assert len(found.chunks) <= whole + 1


@settings(max_examples=150)
@given(given_chunks=st.lists(chunks, min_size=1, max_size=4), data=st.data())
def test_a_changed_byte_costs_one_record_at_most(given_chunks: list[LogChunk], data: st.DataObject) -> None:
    raw = bytearray(b"".join(map(encode, given_chunks)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    found = decode(bytes(raw))
    assert not found.whole
    missing = [chunk for chunk in given_chunks if chunk not in found.chunks]
    assert len(missing) <= 1
    assert all(chunk in given_chunks for chunk in found.chunks)


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_junk_gives_nothing(junk: bytes) -> None:
    found = decode(junk)
    assert found.chunks == []
    assert found.whole == (junk == b"")


@pytest.mark.parametrize("hole", [b"", b"\0" * 4096, b"@ ", b'\n@ 1 app 1 9 00000000 "x" 00000000\n'])
def test_reading_goes_on_behind_damage(hole: bytes) -> None:
    one, two = (LogChunk(float(n), Source.APP, "web.1", b"line %d\n" % n, 1) for n in (1, 2))
    found = decode(encode(one) + hole + b"\n" * bool(hole) + encode(two))
    assert found.chunks == [one, two]
