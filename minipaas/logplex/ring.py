"""The last lines of one app, kept as the chunks they came in."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from minipaas.limits import LOG_HISTORY_LINES
from minipaas.logplex.framing import last_lines
from minipaas.model.logline import LogChunk, LogFilter

ALL = LogFilter()


class Ring:
    """The last `capacity` lines. Adding costs a chunk's work, whatever number of lines it holds.

    Memory: the lines kept and what else the oldest chunk holds, so at most capacity x 10,000 bytes and one piece
    as large as it was read.
    """

    def __init__(self, capacity: int = LOG_HISTORY_LINES) -> None:
        self.capacity = capacity
        self._chunks: deque[LogChunk] = deque()
        self._lines = 0

    def append(self, chunk: LogChunk) -> None:
        """Add the newest chunk and forget the oldest that nobody can ask for any more."""
        self._chunks.append(chunk)
        self._lines += chunk.count
        while self._lines - self._chunks[0].count >= self.capacity:
            self._lines -= self._chunks.popleft().count

    def precede(self, older: Iterable[LogChunk]) -> None:
        """Put older chunks before those that are here, as far as there is room."""
        newer, self._chunks, self._lines = self._chunks, deque(), 0
        for chunk in (*older, *newer):
            self.append(chunk)

    def last(self, count: int, wanted: LogFilter = ALL) -> list[LogChunk]:
        """The last `count` lines that `wanted` takes among those kept, oldest first."""
        self._trim()
        found: list[LogChunk] = []
        for chunk in reversed(self._chunks):
            if count <= 0:
                break
            if wanted.takes(chunk.source, chunk.process):
                found.append(shorten(chunk, count))
                count -= chunk.count
        found.reverse()
        return found

    def _trim(self) -> None:
        surplus = self._lines - self.capacity
        if surplus > 0:
            oldest = self._chunks[0]
            self._chunks[0] = shorten(oldest, oldest.count - surplus)
            self._lines = self.capacity


def shorten(chunk: LogChunk, count: int) -> LogChunk:
    """Its last `count` lines; the chunk itself where it has no more."""
    if chunk.count <= count:
        return chunk
    return replace(chunk, data=last_lines(chunk.data, count), count=count)
