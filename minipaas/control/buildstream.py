"""The output of builds that this platform ran, while they run and for a while after."""

import asyncio
from collections.abc import AsyncIterator

from minipaas.errors import MinipaasError

#: Streams kept; the oldest goes first.
KEPT = 20
#: Heroku keeps 300 MB of a build's log; what is shown here is bounded to spare the platform's memory.
OUTPUT_BYTES = 16 * 1024 * 1024


class BuildStream:
    """One build's output, read by any number of readers from its beginning."""

    def __init__(self) -> None:
        self.error: MinipaasError | None = None
        self._pieces: list[bytes] = []
        self._bytes = 0
        self._ended = False
        self._news = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """More output; what goes past the bound is left out, and that is told."""
        if self._bytes > OUTPUT_BYTES:
            return
        self._bytes += len(data)
        self._pieces.append(data if self._bytes <= OUTPUT_BYTES else b"\n !     output too long, cut here\n")
        self._wake()

    def finish(self, error: MinipaasError | None) -> None:
        """The build is over; a second call changes nothing."""
        if self._ended:
            return
        if error is not None:
            self.error = error
            self.feed(f" !     {error.message}\n".encode())
        self._ended = True
        self._wake()

    async def read(self) -> AsyncIterator[bytes]:
        """From the beginning to the end, waiting for what is still to come."""
        at = 0
        while True:
            news = self._news
            while at < len(self._pieces):
                yield self._pieces[at]
                at += 1
            if self._ended:
                return
            if at == len(self._pieces):
                await news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class BuildStreams:
    """The last builds' streams by build id."""

    def __init__(self) -> None:
        self._streams: dict[str, BuildStream] = {}

    def open(self, build_id: str) -> BuildStream:
        """A new one."""
        while len(self._streams) >= KEPT:
            del self._streams[next(iter(self._streams))]
        stream = self._streams[build_id] = BuildStream()
        return stream

    def find(self, build_id: str) -> BuildStream | None:
        """The stream of a build of this platform; None when it is not known any more."""
        return self._streams.get(build_id)
