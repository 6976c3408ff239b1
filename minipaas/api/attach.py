"""Where clients meet their one-off dynos: a Unix socket in frames for our own command, TLS for Heroku's.

A client connects, sends the secret of the dyno's `attach_url` and a line end, and from then on reads and writes the
dyno. On TLS it is Heroku's rendezvous: the platform answers with one line, then plain bytes go both ways; the end of
input is Ctrl-D, and the end of the connection is the end of the dyno.
"""

import asyncio
import secrets
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from minipaas.api.address import bound_unix
from minipaas.api.frames import Kind, Unframer, exit_frame, frame, size_of
from minipaas.control.plane import ControlPlane
from minipaas.errors import UsageProblem
from minipaas.formation.oneoff import OneOff
from minipaas.runtime.base import Terminal
from minipaas.store.certificate import certificate

#: What waits for a slow client before its dyno has to wait.
CLIENT_BUFFER_BYTES = 1024 * 1024
#: The first line must have come within this time, and be no longer.
SECRET_S = 10.0
SECRET_BYTES = 256
_PIECE_BYTES = 64 * 1024


class Speech(Protocol):
    """How one kind of client speaks."""

    greeting: bytes
    up: bytes

    def said(self, data: bytes) -> bytes:
        """Output as it is sent."""

    def heard(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """What came, as frames.

        Raises:
            UsageProblem: it makes no sense.
        """

    def goodbye(self, one_off: OneOff) -> bytes:
        """The last words."""


class Framed:
    """Our own command's."""

    greeting = b""
    up = frame(Kind.UP)

    def __init__(self) -> None:
        self._unframer = Unframer()

    def said(self, data: bytes) -> bytes:
        """A DATA frame."""
        return frame(Kind.DATA, data)

    def heard(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """Whole frames."""
        return self._unframer.feed(data)

    def goodbye(self, one_off: OneOff) -> bytes:
        """The exit status, or why there is none."""
        if one_off.exit is not None:
            return exit_frame(one_off.exit.status)
        why = one_off.problem.message if one_off.problem else f"{one_off.name} was stopped before it ran"
        return frame(Kind.FAILED, why.encode())


class Plain:
    """Heroku's command's. `terminal` says whether Ctrl-D means what it means because there is a terminal."""

    greeting = b"rendezvous\r\n"
    up = b""

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal

    def said(self, data: bytes) -> bytes:
        """As it is."""
        return data

    def heard(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """As it is; without a terminal, a Ctrl-D at the end of what came is the end."""
        if self._terminal or not data.endswith(b"\x04"):
            return [(Kind.DATA, data)]
        return [(Kind.DATA, data[:-1]), (Kind.END, b"")]

    def goodbye(self, one_off: OneOff) -> bytes:
        """Nothing; or why there is no dyno."""
        return f"{one_off.problem.message}\r\n".encode() if one_off.problem else b""


class Meetings:
    """The one-off dynos that wait for their client, by secret, and the doors clients come by."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._waiting: dict[str, OneOff] = {}
        self._servers: list[asyncio.Server] = []
        self._tls_port: int | None = None

    async def open(self) -> None:
        """Listen on the Unix socket.

        Raises:
            StoreProblem: it cannot be made.
        """
        home = self._plane.settings.home
        self._servers.append(await asyncio.start_unix_server(self._framed, sock=bound_unix(home, home.attach_socket)))

    async def url(self, one_off: OneOff, *, by_tls: bool) -> str:
        """The dyno's `attach_url`, good for one client. TLS is listened on from the first call that wants it.

        Raises:
            Missing: there is no openssl to make a certificate with.
            StoreProblem: it cannot be kept.
        """
        port = await self._tls() if by_tls else 0
        for secret in [secret for secret, other in self._waiting.items() if not other.awaits_client]:
            del self._waiting[secret]
        secret = secrets.token_urlsafe(24)
        self._waiting[secret] = one_off
        return f"rendezvous://127.0.0.1:{port}/{secret}"

    def close(self) -> None:
        """Let nobody in any more."""
        for server in self._servers:
            server.close()

    async def _tls(self) -> int:
        if self._tls_port is None:
            chain, key = await asyncio.to_thread(certificate, self._plane.settings.home)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain, key)
            listener = socket.create_server(("127.0.0.1", 0))
            self._servers.append(await asyncio.start_server(self._plain, sock=listener, ssl=context))
            self._tls_port = int(listener.getsockname()[1])
        return self._tls_port

    async def _framed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._meet(reader, writer, lambda _one_off: Framed())

    async def _plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._meet(reader, writer, lambda one_off: Plain(terminal=one_off.errand.terminal is not None))

    async def _meet(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        speech: Callable[[OneOff], Speech],
    ) -> None:
        try:
            one_off = self._waiting.pop(await _secret(reader), None)
            if one_off is not None and one_off.awaits_client:
                await Meeting(one_off, speech(one_off), reader, writer).hold()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _secret(reader: asyncio.StreamReader) -> str:
    """The first line; empty when none came in time."""
    try:
        async with asyncio.timeout(SECRET_S):
            line = await reader.readuntil(b"\n")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return ""
    return line.strip().decode(errors="replace") if len(line) <= SECRET_BYTES else ""


class Meeting:
    """One client at one dyno, until either is gone."""

    def __init__(
        self, one_off: OneOff, speech: Speech, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._one_off = one_off
        self._speech = speech
        self._reader = reader
        self._writer = writer
        self._gone = False
        self._catching_up: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Launch the dyno, pass on what either says, and tell the end."""
        self._send(self._speech.greeting)
        self._one_off.begin(self._output)
        listening = asyncio.ensure_future(self._listen())
        over = asyncio.ensure_future(self._one_off.over())
        try:
            if await self._one_off.up():
                self._send(self._speech.up)
            await asyncio.wait({listening, over}, return_when=asyncio.FIRST_COMPLETED)
            if not over.done():
                self._leave()
                await over
            self._send(self._speech.goodbye(self._one_off))
        finally:
            self._leave()
            listening.cancel()
            over.cancel()
            await asyncio.wait({listening, over})
        if not self._writer.is_closing():
            with suppress(OSError):
                await self._writer.drain()

    def _leave(self) -> None:
        if not self._gone:
            self._gone = True
            self._one_off.client_gone()

    async def _listen(self) -> None:
        """Until the client is gone."""
        await self._one_off.up()
        with suppress(OSError, UsageProblem):
            while data := await self._reader.read(_PIECE_BYTES):
                for kind, content in self._speech.heard(data):
                    await self._heard(kind, content)

    async def _heard(self, kind: Kind, content: bytes) -> None:
        console = self._one_off.console
        if console is None:
            return
        if kind is Kind.DATA:
            await console.write(content)
        elif kind is Kind.END:
            console.end_input()
        elif kind is Kind.SIZE:
            console.resize(Terminal(*size_of(content)))

    def _output(self, data: bytes) -> None:
        if data:
            self._send(self._speech.said(data))

    def _send(self, data: bytes) -> None:
        if self._gone or not data or self._writer.is_closing():
            return
        self._writer.write(data)
        console = self._one_off.console
        held = self._writer.transport.get_write_buffer_size()
        if held > CLIENT_BUFFER_BYTES and console is not None and self._catching_up is None:
            console.pause()
            self._catching_up = asyncio.ensure_future(self._catch_up())

    async def _catch_up(self) -> None:
        """The client is slow; its dyno waits."""
        with suppress(OSError):
            await self._writer.drain()
        self._catching_up = None
        if self._one_off.console is not None:
            self._one_off.console.resume()
