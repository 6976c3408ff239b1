"""What a bounded buffer drops, counted, and told as Heroku's L11."""

from datetime import UTC, datetime

from minipaas.model.logline import LogChunk, Source

#: What a chunk costs beside its bytes (the object, its time, its place in a queue).
CHUNK_COST = 256


def cost(chunk: LogChunk) -> int:
    """The memory a waiting chunk takes, in bytes, about."""
    return len(chunk.data) + CHUNK_COST


class Overflow:
    """Decides what a buffer of `limit_bytes` takes.

    Once it has dropped a line it takes nothing before the buffer is half empty: one long gap, told once, reads
    better than a hundred short ones.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._dropped = 0
        self._since = 0.0

    def admits(self, chunk: LogChunk, held_bytes: int) -> bool:
        """Whether the chunk fits beside `held_bytes`; one that does not is counted as dropped."""
        limit = self._limit // 2 if self._dropped else self._limit
        if held_bytes == 0 or held_bytes + cost(chunk) <= limit:
            return True
        if not self._dropped:
            self._since = chunk.time
        self._dropped += chunk.count
        return False

    def notice(self, now: float) -> LogChunk | None:
        """The line that tells what was dropped since the last notice; None when nothing was."""
        if not self._dropped:
            return None
        since = datetime.fromtimestamp(self._since, UTC).isoformat(timespec="seconds")
        text = (
            f"Error L11 (Tail buffer overflow) -> This tail session dropped {self._dropped} messages since {since}.\n"
        )
        self._dropped = 0
        return LogChunk(now, Source.HEROKU, "logplex", text.encode(), 1)
