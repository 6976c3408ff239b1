"""Live connections that stay open while somebody else does something: event streams and WebSockets."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import aiohttp

from minipaas.chaos.lab import LabDyno
from minipaas.chaos.markers import Marker

#: A stream that sends nothing at first may be open all the same.
_OPENS_S = 1.5
_MOST_BYTES = 1024 * 1024
_FORWARDED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, ValueError)


class Line:
    """One connection to one dyno, heard from its opening on."""

    def __init__(self, dyno: LabDyno) -> None:
        self.dyno = dyno
        self.heard = b""
        self.opened = asyncio.Event()
        self.error = ""
        self.socket: aiohttp.ClientWebSocketResponse | None = None


class Ears:
    """Connections of one user to several dynos. Use as `async with`.

    Args:
        headers: Host and cookies.
    """

    def __init__(self, headers: Mapping[str, str], path: str, *, socket: bool) -> None:
        self.lines: list[Line] = []
        self._headers = {**_FORWARDED, **headers}
        self._path = path
        self._socket = socket
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> "Ears":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def open(self, dynos: Sequence[LabDyno]) -> bool:
        """Connect to each; whether none refused."""
        lines = [Line(dyno) for dyno in dynos]
        self.lines += lines
        self._tasks += [asyncio.ensure_future(self._listen(line)) for line in lines]
        with suppress(TimeoutError):
            async with asyncio.timeout(_OPENS_S):
                await asyncio.gather(*(line.opened.wait() for line in lines))
        return not any(line.error for line in lines)

    async def say(self, line: Line, text: str) -> bool:
        """Send a message over a socket; whether that was possible."""
        if line.socket is None:
            return False
        try:
            await line.socket.send_str(text)
        except _FAILURES:
            return False
        return True

    async def hear(self, marker: Marker, at_most_s: float) -> bytes:
        """What they heard, once all heard the marker; after that time, what one heard that did not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                while not all(marker.shown_in(line.heard) for line in self.lines):
                    self._news.clear()
                    await self._news.wait()
        deaf = [line.heard for line in self.lines if not marker.shown_in(line.heard)]
        return (deaf or [line.heard for line in self.lines] or [b""])[0]

    async def _listen(self, line: Line) -> None:
        url = f"{line.dyno.host.address}:{line.dyno.port}{self._path}"
        try:
            await (
                self._hear_socket(line, f"ws://{url}") if self._socket else self._hear_stream(line, f"http://{url}")
            )
        except _FAILURES as failure:
            line.error = line.error or f"{type(failure).__name__}: {failure}"
        finally:
            line.opened.set()

    async def _hear_socket(self, line: Line, url: str) -> None:
        origin = f"https://{self._headers['Host']}"
        async with self._session.ws_connect(url, headers=self._headers, origin=origin) as socket:
            line.socket = socket
            line.opened.set()
            async for message in socket:
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    data = message.data.encode() if isinstance(message.data, str) else message.data
                    self._take(line, data + b"\n")

    async def _hear_stream(self, line: Line, url: str) -> None:
        headers = {**self._headers, "Accept": "text/event-stream"}
        async with self._session.get(url, headers=headers) as response:
            if response.status != 200 or response.content_type != "text/event-stream":
                line.error = f"{response.status} {response.content_type}"
                return
            line.opened.set()
            async for piece in response.content.iter_any():
                self._take(line, piece)

    def _take(self, line: Line, data: bytes) -> None:
        line.heard = (line.heard + data)[-_MOST_BYTES:]
        self._news.set()
