"""The records of requests for who reads along."""

import asyncio

from minipaas.control.feed import RequestFeed
from minipaas.model.request import RequestRecord


def record(path: str) -> RequestRecord:
    return RequestRecord(
        app="shop", started_at=0.0, method="GET", path=path, host="shop.localhost", request_id="1", fwd="127.0.0.1"
    )


def test_each_reader_gets_what_ends_while_it_reads() -> None:
    async def both() -> None:
        feed = RequestFeed()
        feed.publish([record("/before")])
        first, second = feed.read(), feed.read()
        waiting = [asyncio.ensure_future(anext(first)), asyncio.ensure_future(anext(second))]
        await asyncio.sleep(0)
        feed.publish([record("/a"), record("/b")])
        for batch, lost in await asyncio.gather(*waiting):
            assert [each.path for each in batch] == ["/a", "/b"]
            assert lost == 0
        await first.aclose()
        feed.publish([record("/c")])
        batch, _ = await anext(second)
        assert [each.path for each in batch] == ["/c"]
        await second.aclose()

    asyncio.run(both())


def test_what_a_slow_reader_loses_is_counted() -> None:
    async def slow() -> None:
        feed = RequestFeed(room=3)
        reader = feed.read()
        waiting = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        feed.publish([record(f"/{number}") for number in range(2)])
        feed.publish([record(f"/{number}") for number in range(2, 5)])
        batch, lost = await waiting
        assert ([each.path for each in batch], lost) == (["/2", "/3", "/4"], 2)
        await reader.aclose()

    asyncio.run(slow())
