"""The ways to a drain: syslog over TCP, with TLS or without, and HTTP."""

import asyncio
import base64
import ssl
import uuid
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

import aiohttp

from minipaas.logplex.drain import Outcome
from minipaas.logplex.packet import Packet, http_packets, syslog_packets
from minipaas.model.drain import Drain
from minipaas.model.logline import LogChunk

#: logplex_http_drain.erl.
CONNECT_S = 3.0
REQUEST_S = 5.0
_TOO_MANY = 429


class SyslogCarrier:
    """One connection, kept; the packet that a lost connection may have swallowed is sent again."""

    def __init__(self, drain: Drain) -> None:
        parts = urlsplit(drain.url)
        assert parts.hostname, "checked when the drain was added"
        assert parts.port, "the same"
        self._address = parts.hostname, parts.port
        self._tls = parts.scheme == "syslog+tls"
        self._token = drain.token
        self._link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def packets(self, chunks: list[LogChunk]) -> Iterator[Packet]:
        """RFC 5424 behind its length."""
        return syslog_packets(chunks, self._token)

    async def send(self, packet: Packet) -> Outcome:
        """Written, and taken by the kernel: syslog has no other answer."""
        reader, writer = self._link or await self._connect()
        try:
            if reader.at_eof() or writer.is_closing():
                raise ConnectionResetError("the receiver closed the connection")
            async with asyncio.timeout(REQUEST_S):
                writer.write(packet.data)
                await writer.drain()
        except (OSError, TimeoutError):
            self._drop()
            raise
        return Outcome.SENT

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = ssl.create_default_context() if self._tls else None
        async with asyncio.timeout(CONNECT_S):
            self._link = await asyncio.open_connection(*self._address, ssl=context)
        _, writer = self._link
        # So that `drain` waits until the kernel has it all, not until there is room for more.
        writer.transport.set_write_buffer_limits(0)
        return self._link

    def _drop(self) -> None:
        if self._link is not None:
            self._link[1].transport.abort()
            self._link = None

    async def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            _, writer = self._link
            self._link = None
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    await writer.wait_closed()


class HttpCarrier:
    """`application/logplex-1` by POST."""

    def __init__(self, drain: Drain) -> None:
        parts = urlsplit(drain.url)
        self._url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._auth = _basic(unquote(parts.username), unquote(parts.password or "")) if parts.username else {}
        self._token = drain.token
        self._session: aiohttp.ClientSession | None = None
        self._frame: tuple[Packet, str] | None = None

    def packets(self, chunks: list[LogChunk]) -> Iterator[Packet]:
        """One for each request."""
        return http_packets(chunks)

    async def send(self, packet: Packet) -> Outcome:
        """A 2xx means sent; a 4xx but 429 that it is not wanted (logplex_http_drain.erl)."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=REQUEST_S, connect=CONNECT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
        try:
            async with self._session.post(
                self._url, data=packet.data, headers=self._headers(packet), allow_redirects=False
            ) as answer:
                status = answer.status
        except aiohttp.ClientConnectorError as error:
            raise error.os_error from error
        except aiohttp.ClientError as error:
            raise error if isinstance(error, OSError) else OSError(str(error) or type(error).__name__) from error
        if 200 <= status < 300:
            return Outcome.SENT
        return Outcome.REFUSED if 400 <= status < 500 and status != _TOO_MANY else Outcome.UNABLE

    def _headers(self, packet: Packet) -> dict[str, str]:
        """A packet that is sent again has the same id."""
        if self._frame is None or self._frame[0] is not packet:
            self._frame = packet, uuid.uuid4().hex.upper()
        return {
            "Content-Type": "application/logplex-1",
            "Logplex-Msg-Count": str(packet.count),
            "Logplex-Frame-Id": self._frame[1],
            "Logplex-Drain-Token": self._token,
            "User-Agent": "Logplex/v49",
            **self._auth,
        }

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def carrier_to(drain: Drain) -> SyslogCarrier | HttpCarrier:
    """The way its URL names."""
    return HttpCarrier(drain) if drain.url.startswith("http") else SyslogCarrier(drain)
