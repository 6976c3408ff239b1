"""Every socket test runs on uvloop and on plain asyncio."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from tests.router import rig


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops each asynchronous test of this folder runs on."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def _give_back_held_ports() -> Iterator[None]:
    yield
    while rig._HELD:
        rig._HELD.pop().close()
