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
        if word == "set":
            self.values[key] = more[0]
        elif word == "add":
            return self.values.setdefault(key, more[0]) == more[0]
        elif word == "delete":
            return self.values.pop(key, None)
        elif word == "get":
            return self.values.get(key)
        elif word == "push":
            self.lists.setdefault(key, []).append(more[0])
        elif word == "pop":
            waiting = self.lists.get(key) or []
            return waiting.pop(0) if waiting else None
        elif word == "move":
            waiting = self.lists.get(key) or []
            if waiting:
                self.lists.setdefault(more[0], []).append(waiting.pop(0))
                return self.lists[more[0]][-1]
        elif word == "remove":
            with contextlib.suppress(ValueError):
                self.lists.get(key, []).remove(more[0])
        elif word == "all":
            return self.lists.get(key, [])
        return None

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
