"""The engine that the tests of this folder use, and the images it has."""

import os
from collections.abc import AsyncIterator

import pytest

from minipaas.runtime.docker.engine import Engine


@pytest.fixture
def engine_host() -> str:
    host = os.environ.get("MINIPAAS_TEST_DOCKER_HOST", "")
    if not host:
        pytest.skip("no engine of the tests' own here")
    return host


@pytest.fixture
async def engine(engine_host: str) -> AsyncIterator[Engine]:
    made = await Engine.connect(engine_host)
    yield made
    await made.close()
