"""Lines as a drain gets them."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.logplex.packet import PACKET_BYTES, Packet, http_packets, syslog_packets
from minipaas.model.logline import LogChunk, Source

AT = 1476521948.723822
TOKEN = "d.34517e83-0000-4000-8000-000000000000"


def chunk(data: bytes, source: Source = Source.APP, process: str = "web.1") -> LogChunk:
    return LogChunk(AT, source, process, data, data.count(b"\n"))


def messages(data: bytes) -> list[bytes]:
    """Octet counting read back, strictly."""
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        found.append(rest[: int(length)])
        assert len(found[-1]) == int(length)
        data = rest[int(length) :]
    return found


def test_https_framing_is_logplexs_own() -> None:
    """Byte for byte what a receiver of Heroku's was seen to get; the length counts the newline too."""
    (packet,) = http_packets([chunk(b"State changed from up to down\n", Source.HEROKU)])
    assert packet == Packet(
        b"89 <45>1 2016-10-15T08:59:08.723822+00:00 host heroku web.1 - State changed from up to down\n", 1, AT
    )


def test_syslog_framing_names_the_drain_and_has_both_dashes() -> None:
    (packet,) = syslog_packets([chunk(b"one\ntwo\n")], TOKEN)
    assert messages(packet.data) == [
        f"<190>1 2016-10-15T08:59:08.723822+00:00 {TOKEN} app web.1 - - {word}\n".encode() for word in ("one", "two")
    ]
    assert packet.count == 2


def test_priorities_tell_who_speaks() -> None:
    origins = [(Source.APP, "api"), (Source.HEROKU, "router"), (Source.HEROKU, "web.1"), (Source.HEROKU, "logplex")]
    (packet,) = http_packets([chunk(b"x\n", *origin) for origin in origins])
    assert [re.match(rb"<(\d+)>", each)[1] for each in messages(packet.data)] == [b"190", b"158", b"45", b"172"]  # type: ignore[index]


LINES = st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), min_size=1, max_size=5)


@settings(max_examples=60)
@given(st.lists(LINES, max_size=5))
def test_every_byte_arrives(pieces: list[list[bytes]]) -> None:
    chunks = [chunk(b"".join(line + b"\n" for line in lines)) for lines in pieces]
    found = [each.partition(b" - ")[2] for packet in http_packets(chunks) for each in messages(packet.data)]
    assert found == [line + b"\n" for lines in pieces for line in lines]


def test_a_flood_comes_in_packets_of_bounded_size() -> None:
    packets = list(http_packets([chunk(b"x" * 999 + b"\n")] * 1000))
    assert sum(packet.count for packet in packets) == 1000
    assert all(len(packet.data) < PACKET_BYTES + 2000 for packet in packets)
