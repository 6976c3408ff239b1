"""The ring keeps the last lines, whatever chunks they came in."""

from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.logplex.ring import Ring
from minipaas.model.logline import LogChunk, LogFilter, Source


def chunk(*lines: str, process: str = "web.1", time: float = 1.0) -> LogChunk:
    return LogChunk(time, Source.APP, process, "".join(f"{line}\n" for line in lines).encode(), len(lines))


def lines_of(chunks: list[LogChunk]) -> list[str]:
    assert all(each.data.count(b"\n") == each.count > 0 for each in chunks)
    return b"".join(each.data for each in chunks).decode().split("\n")[:-1]


@settings(max_examples=200)
@given(
    sizes=st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["web.1", "web.2"])), max_size=20),
    count=st.integers(0, 12),
    wanted=st.sampled_from([None, "web.1"]),
)
def test_the_last_lines_wanted_among_the_last_ten(
    sizes: list[tuple[int, str]], count: int, wanted: str | None
) -> None:
    ring, everything = Ring(capacity=10), []
    for at, (size, process) in enumerate(sizes):
        lines = [f"{process} {at}-{number}" for number in range(size)]
        everything += lines
        ring.append(chunk(*lines, process=process))
    kept = [line for line in everything[-10:] if wanted is None or line.startswith(wanted)]
    assert lines_of(ring.last(count, LogFilter(process=wanted))) == (kept[-count:] if count else [])


def test_a_flood_costs_what_is_kept_and_one_chunk() -> None:
    ring = Ring()
    big = chunk(*["x" * 11] * 5461)
    for _ in range(200):
        ring.append(big)
    assert [each.data for each in ring._chunks] == [big.data]


def test_a_chunk_with_more_lines_than_are_kept_gives_its_last() -> None:
    ring = Ring(capacity=3)
    ring.append(chunk(*"abcdef"))
    assert lines_of(ring.last(100)) == ["d", "e", "f"]
    ring.append(chunk("g"))
    assert lines_of(ring.last(100)) == ["e", "f", "g"]
