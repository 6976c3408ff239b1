"""As much of PostgreSQL's protocol (version 3) as a server's owner needs: log in by SCRAM-SHA-256, say, read rows.

Written here because the platform needs a dozen statements, and a driver with its C library is 4 MB.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import struct
from contextlib import suppress

_PROTOCOL_3 = 196608
_SASL, _SASL_CONTINUE, _SASL_FINAL, _OK = 10, 11, 12, 0
_MECHANISM = b"SCRAM-SHA-256"


class SqlError(Exception):
    """The server said no. `code` is the SQLSTATE, as `57P03` while it starts up, `28P01` for a wrong password."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message


class PgConnection:
    """A session. One statement at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, user: str, password: str, database: str) -> "PgConnection":
        """Log in on 127.0.0.1.

        Raises:
            SqlError: the server refuses.
            OSError: nobody listens, or the connection broke.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        connection = cls(reader, writer)
        try:
            await connection._log_in(user, password, database)
        except BaseException:
            writer.close()
            raise
        return connection

    async def run(self, *statements: str) -> list[tuple[str | None, ...]]:
        """Run statements, each in a transaction of its own; the last one's rows, as text.

        Raises:
            SqlError: a statement failed; those after it are not run.
            OSError: the connection broke.
        """
        rows: list[tuple[str | None, ...]] = []
        for statement in statements:
            self._send(b"Q", statement.encode() + b"\0")
            rows = await self._answer()
        return rows

    async def close(self) -> None:
        """Say goodbye."""
        with suppress(OSError):
            self._send(b"X", b"")
            self._writer.close()
            await self._writer.wait_closed()

    async def _log_in(self, user: str, password: str, database: str) -> None:
        pairs = b"".join(part.encode() + b"\0" for part in ("user", user, "database", database))
        body = struct.pack("!i", _PROTOCOL_3) + pairs + b"\0"
        self._writer.write(struct.pack("!i", len(body) + 4) + body)
        scram = Scram(password)
        while True:
            kind, body = await self._message()
            if kind != b"R":
                raise SqlError("08P01", f"unexpected message {kind!r} at login")
            (word,) = struct.unpack_from("!i", body)
            if word == _OK:
                break
            if word == _SASL and _MECHANISM in body:
                first = scram.first().encode()
                self._send(b"p", _MECHANISM + b"\0" + struct.pack("!i", len(first)) + first)
            elif word == _SASL_CONTINUE:
                self._send(b"p", scram.final(body[4:].decode()).encode())
            elif word == _SASL_FINAL:
                scram.check(body[4:].decode())
            else:
                raise SqlError("28000", f"the server wants a login of kind {word}")
        await self._answer()

    async def _answer(self) -> list[tuple[str | None, ...]]:
        rows = []
        failed: SqlError | None = None
        while True:
            try:
                kind, body = await self._message()
            except SqlError as error:
                failed = error
                if error.code[:2] in ("57", "08"):  # the session is over
                    raise
                continue
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"Z":
                if failed is not None:
                    raise failed
                return rows

    async def _message(self) -> tuple[bytes, bytes]:
        try:
            head = await self._reader.readexactly(5)
            body = await self._reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the server closed the connection") from error
        if head[:1] == b"E":
            fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
            raise SqlError(fields.get(b"C", ""), fields.get(b"M", ""))
        return head[:1], body

    def _send(self, kind: bytes, body: bytes) -> None:
        self._writer.write(kind + struct.pack("!i", len(body) + 4) + body)


def _row(body: bytes) -> tuple[str | None, ...]:
    (count,) = struct.unpack_from("!h", body)
    at, row = 2, []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        row.append(None if length < 0 else body[at : at + length].decode())
        at += max(length, 0)
    return tuple(row)


class Scram:
    """One login by SCRAM-SHA-256 (RFC 5802, RFC 7677), the client's side, without channel binding."""

    def __init__(self, password: str, nonce: str | None = None) -> None:
        self._password = password.encode()
        self._nonce = nonce or secrets.token_urlsafe(18)
        self._signature = b""

    def first(self, user: str = "") -> str:
        """The client's first message; PostgreSQL takes the user from the session's start instead."""
        self._bare = f"n={user},r={self._nonce}"
        return f"n,,{self._bare}"

    def final(self, server_first: str) -> str:
        """The client's answer to the server's first message.

        Raises:
            SqlError: the server's nonce does not begin with ours.
        """
        given = dict(part.split("=", 1) for part in server_first.split(","))
        if not given["r"].startswith(self._nonce):
            raise SqlError("28000", "the server answered another login")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, base64.b64decode(given["s"]), int(given["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = f"c=biws,r={given['r']}"
        said = f"{self._bare},{server_first},{without}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), said, "sha256")
        self._signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256")
        proof = bytes(mine ^ theirs for mine, theirs in zip(key, signature, strict=True))
        return f"{without},p={base64.b64encode(proof).decode()}"

    def check(self, server_final: str) -> None:
        """See that the server knows the password too.

        Raises:
            SqlError: it does not.
        """
        if server_final != f"v={base64.b64encode(self._signature).decode()}":
            raise SqlError("28000", "the server does not know the password")


def literal(text: str) -> str:
    """Text as SQL writes it, for what has no backslash."""
    return "'" + text.replace("'", "''") + "'"
