"""A backing service in a test: dictionaries and lists behind a TCP port, a line of JSON each way."""

import asyncio
import contextlib
import json
import textwrap
from collections.abc import AsyncIterator
from typing import Any

#: Comes with an app as `store.py`; the service's address is in STORE.
CLIENT = textwrap.dedent("""
    import json, os, socket

    def ask(*words):
        host, port = os.environ["STORE"].split(":")
        with socket.create_connection((host, int(port)), 5) as wire:
            wire.sendall(json.dumps(words).encode() + b"\\n")
            return json.loads(wire.makefile().readline())
""")


class Store:
    """What the apps keep there."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.lists: dict[str, list[Any]] = {}
        self.address = ""

    def do(self, word: str, key: str, *more: Any) -> Any:
        return getattr(self, f"_{word}")(key, *more)

    def _set(self, key: str, value: Any) -> None:
        self.values[key] = value

    def _get(self, key: str) -> Any:
        return self.values.get(key)

    def _delete(self, key: str) -> None:
        self.values.pop(key, None)

    def _push(self, key: str, value: Any) -> None:
        self.lists.setdefault(key, []).append(value)

    def _pop(self, key: str) -> Any:
        waiting = self.lists.get(key)
        return waiting.pop(0) if waiting else None

    def _move(self, key: str, to: str) -> Any:
        value = self._pop(key)
        if value is not None:
            self._push(to, value)
        return value

    def _remove(self, key: str, value: Any) -> None:
        self.lists[key].remove(value)

    def _all(self, key: str) -> list[Any]:
        return self.lists.get(key, [])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            line = await reader.readline()
            if line:
                writer.write(json.dumps(self.do(*json.loads(line))).encode() + b"\n")
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def store() -> AsyncIterator[Store]:
    """The service, as long as the block runs."""
    made = Store()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
