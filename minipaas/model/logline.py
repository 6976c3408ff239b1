"""A piece of an app's log, and which pieces a reader wants."""

import re
from datetime import UTC, datetime
from enum import StrEnum

from minipaas.frozen import frozen


class Source(StrEnum):
    """Who speaks: the app and its builds and API events, or the platform."""

    APP = "app"
    HEROKU = "heroku"


@frozen
class LogChunk:
    """Whole lines that came together from one process.

    `data` holds one or more lines byte for byte, each ending in a newline; `count` says how many. All lines
    of a chunk share the time they were read at. `process` is `web.1`, `router`, `api`, `logplex`.
    """

    time: float
    source: Source
    process: str
    data: bytes
    count: int


@frozen(kw_only=True)
class LogFilter:
    """What a reader wants; None takes all.

    `process` is an exact name (`web.1`, `router`), `process_type` takes `web.*` and the exact word, as
    logplex's own filters do.
    """

    source: Source | None = None
    process: str | None = None
    process_type: str | None = None

    def takes(self, source: Source, process: str) -> bool:
        """Whether a line of that origin is wanted."""
        if self.source is not None and source is not self.source:
            return False
        if self.process is not None and process != self.process:
            return False
        wanted = self.process_type
        return wanted is None or process == wanted or process.startswith(f"{wanted}.")


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with six digits and `+00:00`, as log-shuttle writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def prefix(time: float, source: Source, process: str) -> bytes:
    """`2026-01-02T03:04:05.000006+00:00 app[web.1]: `, what stands before each line."""
    return f"{timestamp(time)} {source}[{process}]: ".encode()


def render(chunk: LogChunk) -> bytes:
    """The chunk as `heroku logs` prints it: each line with its prefix, bytes untouched."""
    head = prefix(chunk.time, chunk.source, chunk.process)
    if chunk.count == 1:
        return head + chunk.data
    return head + chunk.data[:-1].replace(b"\n", b"\n" + head) + b"\n"


_RENDERED = rb"(\S+) (app|heroku)\[([^\]]*)\]: "


def parse_line(line: bytes) -> LogChunk:
    """The opposite of `render`, for one line with its newline.

    Raises:
        ValueError: the line does not begin as `render` begins one.
    """
    found = re.match(_RENDERED, line)
    if found is None:
        raise ValueError(f"not a log line: {line[:80]!r}")
    time, source, process = (part.decode() for part in found.groups())
    return LogChunk(datetime.fromisoformat(time).timestamp(), Source(source), process, line[found.end() :], 1)
