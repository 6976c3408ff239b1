"""Eco apps sleep; others do not."""

import pytest

from minipaas.control.idling import Idling
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import SIZES
from tests.fakes import FakeClock

ECO = {"web": FormationEntry(1, SIZES["eco"]), "worker": FormationEntry(1, SIZES["eco"])}


async def test_an_eco_app_idles_half_an_hour_after_its_last_request(clock: FakeClock) -> None:
    slept: list[float] = []
    idling = Idling(clock, lambda: slept.append(clock.monotonic()))
    idling.follow(ECO)
    await clock.advance(1000)
    idling.touch()
    await clock.advance(1799)
    assert slept == []
    await clock.advance(2)
    assert slept == [2800]


@pytest.mark.parametrize(
    "formation",
    [
        {"web": FormationEntry(1)},
        {"worker": FormationEntry(1, SIZES["eco"])},
        {"web": FormationEntry(0, SIZES["eco"])},
        {},
    ],
)
async def test_other_apps_never_sleep(clock: FakeClock, formation: dict[str, FormationEntry]) -> None:
    slept: list[float] = []
    idling = Idling(clock, lambda: slept.append(clock.monotonic()))
    idling.follow(ECO)
    idling.follow(formation)
    await clock.advance(100_000)
    assert slept == []
