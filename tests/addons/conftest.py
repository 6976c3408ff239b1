"""Fixtures of the add-on tests: platforms in small, whose servers share one initdb."""

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from minipaas.addons.provider import Addons
from minipaas.addons.search import Programs
from minipaas.clock import SystemClock

#: Only what the Python packages carry.
WHEELS = Programs(path="", debian=Path("/nonexistent"))


class Logs:
    """What servers said, by app and process."""

    def __init__(self) -> None:
        self.text: dict[tuple[str, str], str] = {}

    def open(self, app: str, process: str) -> Callable[[bytes], None]:
        def take(piece: bytes) -> None:
            self.text[app, process] = self.text.get((app, process), "") + piece.decode(errors="replace")

        return take


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


Make = Callable[..., Addons]


@pytest.fixture
async def make(tmp_path: Path, templates: Path, logs: Logs) -> AsyncIterator[Make]:
    """Makes platforms on a home that is hard to quote; closes them."""
    made: list[Addons] = []

    def one(folder: str = "a home: für, 'servers'", **more: object) -> Addons:
        words = {"durable": False, "templates": templates, **more}
        addons = Addons(tmp_path / folder, SystemClock(), random.Random(), logs.open, **words)
        made.append(addons)
        return addons

    yield one
    for addons in made:
        await addons.close()
