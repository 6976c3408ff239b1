"""A slow GET watched while it is open: does it work, or wait for news?"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx

from minipaas.chaos.effort import cpu_seconds
from minipaas.chaos.lab import LabDyno
from minipaas.chaos.service_times import Stream

#: After a write a long poll is answered within this time.
_WAKES_S = 1.5
#: It is watched alone for this long, or half its usual time.
_ALONE_S = 2.5


async def watch_stream(
    dyno: LabDyno, host: str, path: str, *, usual_s: float, write: Callable[[], Awaitable[object]] | None
) -> Stream | None:
    """Ask for it and note each piece that comes; None when nothing can be told: an error, a quick answer.

    Args:
        usual_s: how long it takes when nobody does anything.
        write: played while it is open; an answer right after that, and long before the usual time, says that it
            waited for that.
    """
    headers = {
        "Host": host,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
    }
    address = f"http://{dyno.host.address}:{dyno.port}"
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=None, trust_env=False) as client:
        watched = _Watched(client, path)
        try:
            return await _watch(watched, dyno, usual_s, write)
        finally:
            await watched.close()


async def _watch(
    watched: "_Watched", dyno: LabDyno, usual_s: float, write: Callable[[], Awaitable[object]] | None
) -> Stream | None:
    alone_s = min(0.5 * usual_s, _ALONE_S)
    before = cpu_seconds(dyno)
    await watched.wait(alone_s)
    stream = replace(watched.seen(), cpu_s=max(cpu_seconds(dyno) - before, 0.0))
    if watched.failed or watched.ended:
        return None
    if stream.pieces_s or write is None:
        return stream
    await write()
    left = min(_WAKES_S, 0.85 * usual_s - watched.seen().open_s)
    return replace(stream, woken=left > 0 and await watched.wait(left))


class _Watched:
    def __init__(self, client: httpx.AsyncClient, path: str) -> None:
        self._began = time.monotonic()
        self._kind = ""
        self._pieces: list[float] = []
        self._status = 0
        self._ended_s: float | None = None
        self._task = asyncio.ensure_future(self._read(client, path))

    async def _read(self, client: httpx.AsyncClient, path: str) -> None:
        async with client.stream("GET", path) as response:
            self._status, self._kind = response.status_code, response.headers.get("content-type", "")
            async for _ in response.aiter_raw():
                self._pieces.append(time.monotonic() - self._began)
        self._ended_s = time.monotonic() - self._began

    async def wait(self, at_most_s: float) -> bool:
        """Whether it ended, or a first piece came in place of nothing."""
        had = len(self._pieces)
        await asyncio.wait({self._task}, timeout=at_most_s)
        return self.ended or (not had and bool(self._pieces))

    @property
    def ended(self) -> bool:
        """Whether the answer is complete."""
        return self._ended_s is not None

    @property
    def failed(self) -> bool:
        """Whether it is an error, or somewhere else."""
        broken = self._task.done() and not self._task.cancelled() and self._task.exception() is not None
        return broken or self._status >= 300

    def seen(self) -> Stream:
        """So far."""
        open_s = self._ended_s if self._ended_s is not None else time.monotonic() - self._began
        return Stream(self._kind, tuple(self._pieces), open_s, 0.0)

    async def close(self) -> None:
        """Hang up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
