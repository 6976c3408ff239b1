"""Every socket test runs on uvloop and on plain asyncio."""

import asyncio
from collections.abc import Iterator

import pytest
import uvloop

from tests.router import rig


@pytest.fixture(params=[uvloop.EventLoopPolicy, asyncio.DefaultEventLoopPolicy], ids=["uvloop", "asyncio"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """The loop of each asynchronous test."""
    return request.param()  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def _give_back_held_ports() -> Iterator[None]:
    yield
    while rig._HELD:
        rig._HELD.pop().close()
