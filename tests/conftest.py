"""Fixtures for all tests."""

import pytest

from tests.fakes import FakeClock

pytest_plugins = ("tests.runtime.docker.engine_fixtures", "tests.engines.fixtures")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when told."""
    return FakeClock()
