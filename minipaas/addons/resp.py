"""As much of Redis's protocol (RESP2) as a server's owner needs."""

import asyncio
from contextlib import suppress

#: An answer: a status or a value, a number, nothing, or several of these.
Reply = bytes | int | None | list["Reply"]


class RedisError(Exception):
    """The server said no: `LOADING ...` while it reads its data, `WRONGPASS ...`."""


class RedisConnection:
    """A session. Commands may be sent together; answers come in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, password: str) -> "RedisConnection":
        """Log in on 127.0.0.1 to a server that has read its data.

        Raises:
            RedisError: wrong password, or it still reads its data.
            OSError: nobody listens, or the connection broke.
        """
        connection = cls(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await connection.run("AUTH", password)
            await connection.run("PING")
        except BaseException:
            connection._writer.close()
            raise
        return connection

    async def run(self, *words: str | bytes | int) -> Reply:
        """One command.

        Raises:
            RedisError: the server refuses it.
            OSError: the connection broke.
        """
        return (await self.run_all([words]))[0]

    async def run_all(self, commands: list[tuple[str | bytes | int, ...]]) -> list[Reply]:
        """Several commands in one go.

        Raises:
            RedisError: the server refuses one; all have been answered then.
            OSError: the connection broke.
        """
        self._writer.write(b"".join(_encoded(words) for words in commands))
        replies: list[Reply] = []
        refused: RedisError | None = None
        for _ in commands:
            try:
                replies.append(await self._reply())
            except RedisError as error:
                refused = refused or error
        if refused is not None:
            raise refused
        return replies

    async def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._writer.close()
            await self._writer.wait_closed()

    async def _reply(self) -> Reply:
        try:
            line = (await self._reader.readuntil(b"\r\n"))[:-2]
            kind, rest = line[:1], line[1:]
            if kind == b"$":
                return None if rest == b"-1" else (await self._reader.readexactly(int(rest) + 2))[:-2]
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the server closed the connection") from error
        if kind == b"-":
            raise RedisError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"*":
            return None if rest == b"-1" else [await self._reply() for _ in range(int(rest))]
        return rest


def _encoded(words: tuple[str | bytes | int, ...]) -> bytes:
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
