"""A bounded load of small requests, each outcome counted."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

_PAUSE_S = 0.004
_TIMEOUT_S = 30.0
_BODY = b"x" * 200


@dataclass
class Load:
    """Clients that go on until told to stop; `failures` says what went wrong, in which kind of client, how often."""

    port: int
    host: str
    clients: int
    requests: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    stopping: bool = False

    async def run(self) -> None:
        """All clients, a quarter of each kind: GET or POST, on a kept connection or on a fresh one."""
        kinds = [(method, keep) for method in ("GET", "POST") for keep in (True, False)]
        await asyncio.gather(*(self._client(*kinds[number % 4]) for number in range(self.clients)))

    async def _client(self, method: str, keep: bool) -> None:
        kind = f"{method} {'kept' if keep else 'fresh'}"
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self.stopping:
            begun = time.monotonic()
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    connection = connection or await asyncio.open_connection("127.0.0.1", self.port)
                    problem, again = await _ask(*connection, method, self.host, keep)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
                problem, again = f"{type(error).__name__}: {error}"[:80], False
            self.requests[kind] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            if problem:
                self.failures[f"{kind}: {problem}"] += 1
            if connection and not again:
                connection[1].close()
                connection = None
            await asyncio.sleep(_PAUSE_S)
        if connection:
            connection[1].close()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, host: str, keep: bool
) -> tuple[str, bool]:
    """What was wrong with the answer, empty when nothing was, and whether the connection can be used again."""
    body = _BODY if method == "POST" else b""
    head = f"{method} / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
    writer.write((head + ("" if keep else "Connection: close\r\n") + "\r\n").encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
    await reader.readexactly(int(fields["content-length"]) if "content-length" in fields else 0)
    status = answer.split()[1]
    return "" if status == "200" else f"status {status}", keep and fields.get("connection") != "close"
