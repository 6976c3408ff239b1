"""Chunks to bytes of the history file and back, exactly.

A record is one line of head, `@ TIME SOURCE COUNT BYTES CRC PROCESS HEADCRC`, then the chunk's bytes as they are.
What a crash or a bad disk left is read as far as it can be: a record cut short gives its whole lines, and behind
a damaged one reading goes on at the next head that proves right.
"""

import json
import re
import zlib
from functools import lru_cache

from minipaas.frozen import frozen
from minipaas.model.logline import LogChunk, Source

_HEAD = rb"(@ (\S{1,40}) (app|heroku) (\d{1,9}) (\d{1,9}) ([0-9a-f]{8}) (\"[^\n]{0,2000}\")) ([0-9a-f]{8})\n"
_quoted = lru_cache(maxsize=1024)(json.dumps)


@frozen
class Decoded:
    """What a file held; `whole` is false when some of it could not be read."""

    chunks: list[LogChunk]
    whole: bool


@frozen
class _Head:
    """A record's first line: its chunk without the lines, and what its body must be."""

    chunk: LogChunk
    size: int
    crc: int
    end: int


def encode(chunk: LogChunk) -> bytes:
    """The chunk as a record."""
    data = chunk.data
    head = (
        f"@ {chunk.time!r} {chunk.source} {chunk.count} {len(data)} {zlib.crc32(data):08x} {_quoted(chunk.process)}"
    ).encode()
    return b"%b %08x\n%b" % (head, zlib.crc32(head), data)


def decode(data: bytes) -> Decoded:
    """The chunks of a file, oldest first."""
    chunks: list[LogChunk] = []
    whole = True
    at = 0
    while at < len(data):
        head = _head(data, at)
        chunk = _body(head, data) if head else None
        if chunk:
            chunks.append(chunk)
        if head and chunk and len(chunk.data) == head.size:
            at = head.end + head.size
        else:
            whole = False
            at = _next_head(data, at, head)
    return Decoded(chunks, whole)


def _head(data: bytes, at: int) -> _Head | None:
    found = re.compile(_HEAD).match(data, at)
    if not found or zlib.crc32(found[1]) != int(found[8], 16):
        return None
    origin = LogChunk(float(found[2]), Source(found[3].decode()), json.loads(found[7]), b"", int(found[4]))
    return _Head(origin, int(found[5]), int(found[6], 16), found.end())


def _body(head: _Head, data: bytes) -> LogChunk | None:
    origin, end = head.chunk, head.end + head.size
    if end > len(data):
        lines = data[head.end : data.rfind(b"\n") + 1]
        return _with(origin, lines, lines.count(b"\n")) if lines else None
    body = data[head.end : end]
    return _with(origin, body, origin.count) if zlib.crc32(body) == head.crc else None


def _with(origin: LogChunk, data: bytes, count: int) -> LogChunk:
    return LogChunk(origin.time, origin.source, origin.process, data, count)


def _next_head(data: bytes, at: int, damaged: _Head | None) -> int:
    """Where to go on: behind the damaged body where a head is (bytes changed), else at what looks like the next."""
    if damaged:
        at = damaged.end - 1
        if _head(data, damaged.end + damaged.size):
            return damaged.end + damaged.size
    found = data.find(b"\n@ ", at)
    return found + 1 if found != -1 else len(data)
