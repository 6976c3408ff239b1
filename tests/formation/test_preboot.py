"""Preboot: the web dynos of before serve until those of the new release have had their time."""

import pytest

from minipaas.formation.selector import Selector
from minipaas.model.dyno import DynoState
from tests.fakes import FakeClock, settle
from tests.formation.world import World

SWITCH_S = 180


@pytest.fixture
async def world(clock: FakeClock) -> World:
    world = World(clock)
    await world.release(web=1, worker=1)
    return world


async def preboot(world: World, version: int = 2) -> None:
    await world.release(version=version, preboot=True, web=1, worker=1)


def serving(world: World) -> list[str]:
    return list(world.route.serving)


async def test_the_old_dyno_serves_until_the_switch_and_ends_after_it(world: World) -> None:
    old = world.processes[0]
    await preboot(world)
    new = next(
        each for each in world.processes[2:] if "PORT" in each.launch.env and each.launch.env["DYNO"] == "web.1"
    )
    assert world.state("web.1") is DynoState.UP
    assert serving(world) == [old.id]
    await world.clock.advance(SWITCH_S - 1)
    assert (serving(world), old.signals) == ([old.id], [])
    await world.clock.advance(2)
    assert (serving(world), old.signals) == ([new.id], ["TERM"])


async def test_workers_are_restarted_at_once(world: World) -> None:
    worker = world.processes[1]
    await preboot(world)
    assert worker.signals == ["TERM"]


async def test_a_new_dyno_that_is_not_up_at_the_switch_takes_over_when_it_is(clock: FakeClock) -> None:
    world = World(clock, at_once=False)
    await world.release(web=1)
    world.watch.bind(5001)
    await settle()
    old = world.processes[0]
    await world.release(version=2, preboot=True, web=1)
    await world.clock.advance(59)
    world.processes[1].end(1)  # crashes at its boot, and starts again at once
    await world.clock.advance(59)
    world.processes[2].end(1)  # cools off for twenty minutes
    await world.clock.advance(SWITCH_S)
    assert serving(world) == [old.id]
    await world.clock.advance(20 * 60 - SWITCH_S + 1)
    world.watch.bind(5004)
    await settle()
    assert serving(world) == [world.processes[3].id]
    assert old.signals == ["TERM"]


async def test_a_second_release_before_the_switch_leaves_the_first_serving(world: World) -> None:
    oldest = world.processes[0]
    await preboot(world)
    await world.clock.advance(SWITCH_S - 1)
    second = [each for each in world.processes[2:] if each.launch.env["DYNO"] == "web.1"][-1]
    await preboot(world, version=3)
    third = [each for each in world.processes if each.launch.env["DYNO"] == "web.1"][-1]
    assert (serving(world), second.signals, oldest.signals) == ([oldest.id], ["TERM"], [])
    await world.clock.advance(SWITCH_S - 1)
    assert serving(world) == [oldest.id]
    await world.clock.advance(2)
    assert (serving(world), oldest.signals) == ([third.id], ["TERM"])


async def test_the_new_dyno_takes_over_at_once_when_the_old_one_dies(world: World) -> None:
    old = world.processes[0]
    await preboot(world)
    old.end(1)
    await settle()
    (now,) = serving(world)
    assert now != old.id
    assert world.state("web.1") is DynoState.UP


@pytest.mark.parametrize("end", ["scale", "stop", "shut down"])
async def test_no_old_dyno_is_left_over(world: World, end: str) -> None:
    old = world.processes[0]
    await preboot(world)
    if end == "scale":
        await world.release(version=3, web=0, worker=0)
    elif end == "stop":
        world.manager.stop(Selector.parse("web.1"))
        await settle()
        assert len(serving(world)) == 1
    else:
        await world.manager.shut_down()
    assert old.signals == ["TERM"]
    assert old.id not in serving(world)
