"""The engine that the tests of this folder use, and a platform's runtime on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minipaas.runtime.docker.engine import Engine
from minipaas.store.home import Home
from tests.runtime.place import Place, make_runtime


@pytest.fixture
async def engine(engine_host: str) -> AsyncIterator[Engine]:
    made = await Engine.connect(engine_host)
    yield made
    await made.close()


@pytest.fixture
async def place(engine_host: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setenv("DOCKER_HOST", engine_host)
    made = Place(home.root, await make_runtime("docker", home))
    yield made
    await made.close()


@pytest.fixture
async def second(engine_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Another platform's, on the same engine."""
    monkeypatch.setenv("DOCKER_HOST", engine_host)
    home = Home(tmp_path / "second")
    home.prepare()
    made = Place(home.root, await make_runtime("docker", home))
    yield made
    await made.close()
