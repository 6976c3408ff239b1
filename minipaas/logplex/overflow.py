"""What a bounded buffer drops, counted, and told as Heroku's L11 or L10."""

from collections.abc import Callable
from datetime import UTC, datetime

from minipaas.model.logline import LogChunk, Source

#: What a chunk costs beside its bytes (the object, its time, its place in a queue).
CHUNK_COST = 256


def cost(chunk: LogChunk) -> int:
    """The memory a waiting chunk takes, in bytes, about."""
    return len(chunk.data) + CHUNK_COST


def tail_loss(count: int, since: str) -> str:
    """L11."""
    return f"Error L11 (Tail buffer overflow) -> This tail session dropped {count} messages since {since}."


def drain_loss(count: int, since: str) -> str:
    """L10."""
    return f"Error L10 (output buffer overflow): {count} messages dropped since {since}."


class Overflow:
    """Decides what a buffer of `limit_bytes` takes; `told` makes the line that tells of a loss.

    Once it has dropped a line it takes nothing before the buffer is half empty: one long gap, told once, reads
    better than a hundred short ones.
    """

    def __init__(self, limit_bytes: int, told: Callable[[int, str], str] = tail_loss) -> None:
        self._limit = limit_bytes
        self._told = told
        self._dropped = 0
        self._since = 0.0

    def admits(self, chunk: LogChunk, held_bytes: int) -> bool:
        """Whether the chunk fits beside `held_bytes`; one that does not is counted as dropped."""
        limit = self._limit // 2 if self._dropped else self._limit
        if held_bytes == 0 or held_bytes + cost(chunk) <= limit:
            return True
        self.lose(chunk.count, chunk.time)
        return False

    def lose(self, count: int, since: float) -> None:
        """So many lines were dropped, the first of them from then."""
        if not self._dropped:
            self._since = since
        self._dropped += count

    def notice(self, now: float) -> LogChunk | None:
        """The line that tells what was dropped since the last notice; None when nothing was."""
        if not self._dropped:
            return None
        since = datetime.fromtimestamp(self._since, UTC).isoformat(timespec="seconds")
        text = f"{self._told(self._dropped, since)}\n"
        self._dropped = 0
        return LogChunk(now, Source.HEROKU, "logplex", text.encode(), 1)
