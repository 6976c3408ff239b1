"""An example, started in a folder of its own and ended with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.examples.harness import App, Visitor, fresh_copy

Start = Callable[..., App]


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Start]:
    """`prepare("shop", KEY="value")`: the app on a fresh disk, not yet started; it is killed when the test ends."""
    apps: list[App] = []

    def prepared(name: str, **config: str) -> App:
        apps.append(App(fresh_copy(name, tmp_path / str(len(apps)) / Path(name).name), config))
        return apps[-1]

    yield prepared
    for app in apps:
        app.kill()


@pytest.fixture
def start(prepare: Start) -> Start:
    """`start("shop", KEY="value")`: the app on a fresh disk, listening."""

    def started(name: str, **config: str) -> App:
        app = prepare(name, **config)
        app.start()
        return app

    return started


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()
