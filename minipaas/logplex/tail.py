"""One reader of an app's log, that may be slow without slowing anybody."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from minipaas.clock import Clock
from minipaas.logplex.overflow import Overflow, cost, tail_loss
from minipaas.model.logline import LogChunk, LogFilter

#: What waits for one slow reader before lines are dropped.
TAIL_BUFFER_BYTES = 4 * 1024 * 1024


class TailSession:
    """Lines of the past, then those to come; an async iterator for one task.

    What a reader has not taken waits here, up to `limit_bytes` (the past not counted: the ring holds it
    anyway). Beyond that lines are dropped and counted, and the reader is told at the place of the gap.
    """

    def __init__(
        self,
        past: Iterable[LogChunk],
        wanted: LogFilter,
        clock: Clock,
        *,
        limit_bytes: int = TAIL_BUFFER_BYTES,
        told: Callable[[int, str], str] = tail_loss,
    ) -> None:
        self._past = deque(past)
        self._live: deque[LogChunk] = deque()
        self._held_bytes = 0
        self._wanted = wanted
        self._clock = clock
        self._overflow = Overflow(limit_bytes, told)
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        #: Called once at `close`; the channel stops pushing then.
        self.on_close: Callable[[], None] = lambda: None

    def push(self, chunk: LogChunk) -> None:
        """A new chunk of the app; never waits."""
        if self._ended or not self._wanted.takes(chunk.source, chunk.process):
            return
        if self._overflow.admits(chunk, self._held_bytes):
            self._tell_dropped()
            self._hold(chunk)
            self._wake()

    def end(self) -> None:
        """Nothing more will come; the reader still gets what waits for it."""
        self._ended = True
        self._wake()

    def close(self) -> None:
        """The reader is done: drop what waits and stop. Safe to call twice."""
        self._past.clear()
        self._live.clear()
        self._held_bytes = 0
        self.end()
        on_close, self.on_close = self.on_close, lambda: None
        on_close()

    def __aiter__(self) -> "TailSession":
        return self

    async def __anext__(self) -> LogChunk:
        while (chunk := self._next()) is None:
            if self._ended:
                raise StopAsyncIteration
            await self._more()
        return chunk

    async def batch(self) -> list[LogChunk]:
        """Wait for something, then give all that is ready, in order; an empty list is the end.

        For a writer that pays for each write: a flood comes in few large batches.
        """
        first = await anext(self, None)
        if first is None:
            return []
        return [first, *self.ready()]

    def ready(self) -> list[LogChunk]:
        """All that waits now."""
        chunks = []
        while (chunk := self._next()) is not None:
            chunks.append(chunk)
        return chunks

    def lose(self, count: int, since: float) -> None:
        """The reader could not use so many lines; tell of them as of those dropped here."""
        self._overflow.lose(count, since)

    def _next(self) -> LogChunk | None:
        if self._past:
            return self._past.popleft()
        if not self._live:
            self._tell_dropped()
        if not self._live:
            return None
        chunk = self._live.popleft()
        self._held_bytes -= cost(chunk)
        return chunk

    def _tell_dropped(self) -> None:
        notice = self._overflow.notice(self._clock.now())
        if notice is not None:
            self._hold(notice)

    def _hold(self, chunk: LogChunk) -> None:
        self._live.append(chunk)
        self._held_bytes += cost(chunk)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
