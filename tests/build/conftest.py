"""Apps and buildpacks made on the spot, and a builder over the runtime that isolates nothing."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from minipaas.build.builder import Builder, BuildRequest, BuildResult
from minipaas.build.detect import shipped_folder
from minipaas.clock import Clock, SystemClock
from minipaas.limits import Limits
from minipaas.runtime.base import Host, Runtime
from minipaas.store.home import Home
from minipaas.store.slugs import Slugs
from tests.build.bashruntime import BashRuntime
from tests.store.conftest import small_disk

__all__ = ["small_disk"]

Files = Mapping[str, str]


def lay_out(folder: Path, files: Files) -> Path:
    """Write files; those under bin/ are executable."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if path.parent.name == "bin":
            path.chmod(0o755)
    return folder


class Workshop:
    """A home with a builder; `said` is what the last build printed."""

    def __init__(self, home: Home, runtime: Runtime, limits: Limits, clock: Clock) -> None:
        self.home = home
        self.runtime = runtime
        self.slugs = Slugs(home)
        self.chunks: list[bytes] = []
        host = Host("a", "127.0.0.1", home.hosts / "a")
        host.area.mkdir(exist_ok=True)
        self.host = host
        self.builder = Builder(
            home=home,
            runtime=runtime,
            slugs=self.slugs,
            limits=limits,
            shipped=shipped_folder(),
            host=host,
            clock=clock,
        )

    @property
    def said(self) -> str:
        return b"".join(self.chunks).decode(errors="replace")

    async def build(
        self, source: Path, *buildpacks: str | Path, config: Files | None = None, force: bool = False
    ) -> BuildResult:
        self.chunks.clear()
        request = BuildRequest(
            app="notes",
            source=source,
            buildpacks=tuple(map(str, buildpacks)),
            config=config or {},
            force=force,
        )
        return await self.builder.build(request, self.chunks.append)

    def nothing_left(self) -> bool:
        return list(self.home.builds.iterdir()) == [] and list(self.home.slugs.glob(".new-*")) == []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


@pytest.fixture
def runtime() -> BashRuntime:
    return BashRuntime()


@pytest.fixture
def open_workshop(home: Home, runtime: BashRuntime) -> Callable[..., Workshop]:
    def open_one(
        limits: Limits | None = None, with_runtime: Runtime | None = None, clock: Clock | None = None
    ) -> Workshop:
        return Workshop(home, with_runtime or runtime, limits or Limits(), clock or SystemClock())

    return open_one


@pytest.fixture
def workshop(open_workshop: Callable[..., Workshop]) -> Workshop:
    return open_workshop()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A small app that no shipped buildpack detects."""
    return lay_out(tmp_path / "app", {"Procfile": "web: ./serve $PORT\nworker: ./work\n", "serve": "#!/bin/sh\n"})


@pytest.fixture
def make_buildpack(tmp_path: Path) -> Callable[..., Path]:
    """`make_buildpack("ruby", compile="echo hello")`: bash scripts with what the Buildpack API asks for."""

    def make(name: str, *, detect: str | None = None, **scripts: str) -> Path:
        scripts = {"detect": detect or f"echo {name.title()}", "compile": ":", **scripts}
        files = {f"bin/{script}": f"#!/usr/bin/env bash\nset -e\n{text}\n" for script, text in scripts.items()}
        return lay_out(tmp_path / "buildpacks" / name, files)

    return make


@pytest.fixture
def unused_port() -> Callable[[], int]:
    """A port that nobody had a moment ago."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find
