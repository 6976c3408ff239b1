"""A home folder with one host and a small slug, and launches that need few words."""

import asyncio
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from minipaas.errors import RuntimeMissing
from minipaas.model.dyno import Exit
from minipaas.runtime.base import DynoProcess, Host, Launch, Runtime
from minipaas.runtime.choose import choose
from minipaas.store.home import Home
from tests.fake_runtime import FakeRuntime

SLUG = {"kept.txt": b"kept\n", "changed.txt": b"before\n", "gone.txt": b"gone\n", "lib/one.py": b"one = 1\n"}
ENV = {"PORT": "5000", "DYNO": "web.1", "GREETING": "grüß gott"}
WAIT_S = 20.0
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a dyno that ran to its end left for the test."""

    exit: Exit
    output: bytes
    process: DynoProcess

    @property
    def text(self) -> str:
        return self.output.decode()

    def changes(self) -> set[tuple[str, str]]:
        return {(change.kind, change.path) for change in self.process.writes()}


class Said:
    """Collects output and tells when the end was announced, and how often."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ends = 0
        self._news = asyncio.Event()

    def __call__(self, data: bytes) -> None:
        assert not self.ends, "output after its end"
        self.data += data
        self.ends += not data
        self._news.set()

    async def until(self, part: bytes) -> None:
        async with asyncio.timeout(WAIT_S):
            while part not in self.data:
                self._news.clear()
                await self._news.wait()


class Place:
    """Everything a runtime test needs."""

    def __init__(self, root: Path, runtime: Runtime) -> None:
        self.root = root
        self.runtime = runtime
        self.host = Host("a", "127.0.0.1", root / "hosts" / "a")
        self.slug = make_slug(root / "slug")
        self._running: list[DynoProcess] = []

    def launch(self, command: str, **more: Any) -> Launch:
        words: dict[str, Any] = {"slug": self.slug, "env": ENV, "hostname": "web-1", "host": self.host, **more}
        return Launch(id=f"{os.getpid()}-{next(_NUMBERS)}", command=command, **words)

    async def start(self, command: str, **more: Any) -> tuple[DynoProcess, Said]:
        said = Said()
        process = await self.runtime.start(self.launch(command, output=said, **more))
        self._running.append(process)
        return process, said

    async def run(self, command: str, act: Callable[[DynoProcess], None] | None = None, **more: Any) -> Ended:
        """Start, wait for `ready` to be printed where there is an act, do it, wait for the end."""
        process, said = await self.start(command, **more)
        if act is not None:
            await said.until(b"ready")
            act(process)
        ended = await within(process.wait())
        assert said.ends == 1
        return Ended(ended, bytes(said.data), process)

    async def close(self) -> None:
        for process in self._running:
            process.kill()
            await within(process.wait())
            process.discard()
        await self.runtime.close()


async def within(what: Any, seconds: float = WAIT_S) -> Any:
    async with asyncio.timeout(seconds):
        return await what


async def eventually(true: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    """Poll, bounded, and return what came."""
    async with asyncio.timeout(seconds):
        while not (value := true()):
            await asyncio.sleep(0.01)
        return value


def make_slug(folder: Path, files: dict[str, bytes] = SLUG) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


async def make_runtime(kind: str, home: Home) -> Runtime:
    if kind == "fake":
        return FakeRuntime()
    try:
        runtime, _ = await choose(kind, home, "local")
    except RuntimeMissing as error:
        pytest.skip(f"no {kind} here: {error.message}")
    return runtime
