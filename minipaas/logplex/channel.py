"""One app's stream in logplex: everything its dynos, the router and the platform say, in one order."""

from collections.abc import Callable

from minipaas.clock import Clock
from minipaas.limits import LOG_DEFAULT_LINES
from minipaas.logplex.framing import LineFramer, split_long
from minipaas.logplex.history import History
from minipaas.logplex.overflow import drain_loss
from minipaas.logplex.ring import ALL, Ring
from minipaas.logplex.tail import TailSession
from minipaas.model.logline import LogChunk, LogFilter, Source

Listener = Callable[[LogChunk], None]


class Channel:
    """Takes lines from many, keeps the last, hands each chunk to every reader. Never waits for anybody."""

    def __init__(self, clock: Clock, ring: Ring, history: History) -> None:
        self._clock = clock
        self._ring = ring
        self._history = history
        self._listeners: tuple[Listener, ...] = ()
        self._sessions: set[TailSession] = set()

    def stream(self, process: str) -> Callable[[bytes], None]:
        """A new stream of one dyno process: call it with each piece read, and with b"" at the end.

        Two processes that are both `web.1` while one replaces the other have a stream each, so their lines never mix.
        """
        framer = LineFramer()

        def output(piece: bytes) -> None:
            lines = framer.feed(piece) if piece else framer.flush_partial()
            if lines:
                self._add(Source.APP, process, lines, lines.count(b"\n"))

        return output

    def say(self, source: Source, process: str, text: str) -> None:
        """Log `text`, one line or several; what has no UTF-8 form shows as an escape."""
        lines = split_long(text.removesuffix("\n").encode(errors="backslashreplace") + b"\n")
        self._add(source, process, lines, lines.count(b"\n"))

    def say_lines(self, source: Source, process: str, data: bytes, count: int) -> None:
        """Log `count` whole lines, each with its newline."""
        if not count:
            return
        lines = split_long(data)
        self._add(source, process, lines, count if lines is data else lines.count(b"\n"))

    def tail(self, wanted: LogFilter = ALL, num: int = LOG_DEFAULT_LINES, *, follow: bool = False) -> TailSession:
        """The last `num` lines that `wanted` takes (1,500 are kept), then, with `follow`, those to come."""
        session = TailSession(self.last(num, wanted), wanted, self._clock)
        if follow:
            self._follow(session)
        else:
            session.end()
        return session

    def drain(self) -> TailSession:
        """All lines from now on, for a drain, which is told of a loss as L10."""
        session = TailSession((), ALL, self._clock, told=drain_loss)
        self._follow(session)
        return session

    def last(self, num: int, wanted: LogFilter = ALL) -> list[LogChunk]:
        """The last `num` lines that `wanted` takes, oldest first."""
        self._history.load()
        return self._ring.last(num, wanted)

    def listen(self, take: Listener) -> Callable[[], None]:
        """Hand every new chunk to `take`, at once, on the loop; it may not block. Call the result to stop."""
        self._listeners = (*self._listeners, take)

        def stop() -> None:
            self._listeners = tuple(known for known in self._listeners if known is not take)

        return stop

    async def flush(self) -> None:
        """Bring the history file up to date."""
        await self._history.flush()

    async def close(self) -> None:
        """Let readers come to the end and write the history."""
        self.end()
        await self._history.close()

    def discard(self) -> None:
        """Let readers come to the end and delete the history."""
        self.end()
        self._history.discard()

    def _follow(self, session: TailSession) -> None:
        stop = self.listen(session.push)
        self._sessions.add(session)

        def leave() -> None:
            stop()
            self._sessions.discard(session)

        session.on_close = leave

    def end(self) -> None:
        """Let readers come to the end."""
        for session in self._sessions:
            session.end()
        self._sessions.clear()

    def _add(self, source: Source, process: str, lines: bytes, count: int) -> None:
        chunk = LogChunk(self._clock.now(), source, process, lines, count)
        self._ring.append(chunk)
        self._history.dirty(count)
        for take in self._listeners:
            take(chunk)
