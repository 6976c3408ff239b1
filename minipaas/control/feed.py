"""The records of requests as they end, for who reads along: nobody slows the router, and what a slow reader loses is
counted."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipaas.model.request import RequestRecord

#: Records that wait for one reader; at 2,000 requests a second that is ten seconds.
ROOM = 20_000


class RequestFeed:
    """Each reader gets what ends from when it began to read."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._readers: set[_Reader] = set()

    def publish(self, records: "Sequence[RequestRecord]") -> None:
        """Hand records to all who read."""
        for reader in self._readers:
            reader.take(records)

    async def read(self) -> "AsyncGenerator[tuple[Sequence[RequestRecord], int]]":
        """Records in batches, and how many before them were lost; until the reader leaves."""
        reader = _Reader(self._room)
        self._readers.add(reader)
        try:
            while True:
                yield await reader.next()
        finally:
            self._readers.discard(reader)


class _Reader:
    def __init__(self, room: int) -> None:
        self._waiting: deque[RequestRecord] = deque(maxlen=room)
        self._room = room
        self._lost = 0
        self._news = asyncio.Event()

    def take(self, records: "Sequence[RequestRecord]") -> None:
        self._lost += max(len(self._waiting) + len(records) - self._room, 0)
        self._waiting.extend(records)
        self._news.set()

    async def next(self) -> "tuple[Sequence[RequestRecord], int]":
        await self._news.wait()
        self._news.clear()
        batch, lost = tuple(self._waiting), self._lost
        self._waiting.clear()
        self._lost = 0
        return batch, lost
