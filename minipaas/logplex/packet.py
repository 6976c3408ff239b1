"""Log lines as logplex sends them to drains: octet-counted syslog (RFC 6587), in two dialects. Pure.

By HTTPS: `LEN <PRI>1 TIME host SOURCE PROCESS - TEXT`, which lacks RFC 5424's structured data (logplex
doc/README.http_drains.md). By TCP: `LEN <PRI>1 TIME TOKEN SOURCE PROCESS - - TEXT`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minipaas.model.logline import LogChunk, Source, timestamp

#: local7.info, local3.info, syslog.notice, local5.warning: as seen (heroku.md 4.1).
_APP, _ROUTER, _PLATFORM, _LOSS = 190, 158, 45, 172
#: What logplex aims at for one request.
PACKET_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Packet:
    """Whole messages to be sent together; `time` is the first one's."""

    data: bytes
    count: int
    time: float


def http_packets(chunks: Iterable[LogChunk]) -> Iterator[Packet]:
    """The bodies of as many requests as needed."""
    return _packets(chunks, "host", "-")


def syslog_packets(chunks: Iterable[LogChunk], token: str) -> Iterator[Packet]:
    """What is written to a TCP connection, in pieces."""
    return _packets(chunks, token, "- -")


def _packets(chunks: Iterable[LogChunk], host: str, dashes: str) -> Iterator[Packet]:
    messages: list[bytes] = []
    size, since = 0, 0.0
    for chunk in chunks:
        head = (
            f"<{_priority(chunk)}>1 {timestamp(chunk.time)} {host} {chunk.source} {chunk.process} {dashes} ".encode()
        )
        for line in chunk.data[:-1].split(b"\n"):
            if not messages:
                since = chunk.time
            message = b"%d %s%s\n" % (len(head) + len(line) + 1, head, line)
            messages.append(message)
            size += len(message)
            if size >= PACKET_BYTES:
                yield Packet(b"".join(messages), len(messages), since)
                messages, size = [], 0
    if messages:
        yield Packet(b"".join(messages), len(messages), since)


def _priority(chunk: LogChunk) -> int:
    if chunk.source is Source.APP:
        return _APP
    if chunk.process == "router":
        return _ROUTER
    return _LOSS if chunk.process == "logplex" else _PLATFORM
