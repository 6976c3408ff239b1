"""Fixtures of the runtime tests."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from minipaas.store.home import Home
from tests.runtime.place import Place, make_runtime


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A path that is hard to quote: spaces, a comma, a colon, a backslash and letters beyond ASCII."""
    made = Home(tmp_path / "a home: für, \\ 'dynos'")
    made.prepare()
    return made


@pytest.fixture(params=["fake", "sandbox", "process", "docker"])
async def place(request: pytest.FixtureRequest, home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Over every implementation; a test narrows that by parametrizing `place` indirectly."""
    if request.param == "docker":
        monkeypatch.setenv("DOCKER_HOST", request.getfixturevalue("engine_host"))
    made = Place(home.root, await make_runtime(request.param, home))
    yield made
    await made.close()


def only(*kinds: str) -> Callable[..., object]:
    """Run a test on these runtimes."""
    return pytest.mark.parametrize("place", kinds, indirect=True)
