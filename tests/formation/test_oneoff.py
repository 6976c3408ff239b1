"""Dynos outside the formation, on a clock that moves when told."""

from pathlib import Path

import pytest

from minipaas.errors import DynoProblem, UsageProblem
from minipaas.formation import words
from minipaas.formation.kit import Run
from minipaas.formation.oneoff import Errand, OneOff
from minipaas.formation.selector import Selector
from minipaas.limits import ATTACH_WAIT_S, HANG_UP_S, ONE_OFF_DYNOS, RELEASE_PHASE_S
from minipaas.model.dyno import DEFAULT_SIZE, SIZES, Exit
from minipaas.runtime.base import Terminal
from tests.fakes import FakeClock, settle
from tests.formation.world import RememberingConsole, World

RUN = Run(version=3, slug=Path("/slug"), commands={"worker": "work"}, config={"A": "1", "B": "1"})
DAY_S = 86400.0


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(clock)


def errand(**more: object) -> Errand:
    return Errand(**{"type": "run", "command": "bash", "told": "bash", "limit_s": DAY_S, **more})  # type: ignore[arg-type]


async def begun(world: World, **more: object) -> OneOff:
    one_off = world.manager.one_offs.make(errand(**more), RUN)
    world.told()
    one_off.begin(lambda _data: None)
    await settle()
    return one_off


@pytest.mark.parametrize(
    ("wanted", "command"),
    [
        ("worker", "python w.py"),
        ("worker 42 x", "python w.py 42 x"),
        ("worker ; echo $?", "python w.py ; echo $?"),
        ("workers", "workers"),
        ("bash -c worker", "bash -c worker"),
    ],
)
def test_a_process_type_stands_for_its_command(wanted: str, command: str) -> None:
    assert words.command_of(wanted, {"worker": "python w.py"}) == command


async def test_an_attached_dyno_tells_its_life_in_herokus_words(world: World) -> None:
    one_off = world.manager.one_offs.make(errand(attach=True, terminal=Terminal(10, 20), env={"B": "2"}), RUN)
    assert one_off.name.type == "run"
    assert 1000 <= one_off.name.number <= 9999
    assert one_off.awaits_client
    one_off.begin(lambda _data: None)
    await settle()
    (process,) = world.processes
    assert process.launch.terminal == Terminal(10, 20)
    assert {"A": "1", "B": "2", "DYNO": str(one_off.name)}.items() <= process.launch.env.items()
    process.end(3)
    await one_off.over()
    assert one_off.exit == Exit(3)
    assert [line.partition(": ")[2] for line in world.told()] == [
        "Awaiting client",
        "Starting process with command `bash`",
        "State changed from starting to up",
        "Process exited with status 3",
        "State changed from up to complete",
    ]
    assert process.discarded
    assert not world.ports.used
    assert not world.manager.aside


async def test_nobody_comes_and_it_is_r13(world: World) -> None:
    one_off = world.manager.one_offs.make(errand(attach=True), RUN)
    await world.clock.advance(ATTACH_WAIT_S)
    assert f"{one_off.name}: {words.R13}" in world.told()
    assert not world.processes
    assert not world.ports.used
    assert not one_off.awaits_client


async def test_it_is_hung_up_on_when_its_client_is_gone(world: World) -> None:
    one_off = await begun(world, attach=True)
    (process,) = world.processes
    one_off.client_gone()
    assert process.signals == ["HUP"]
    assert isinstance(process.console, RememberingConsole)
    assert process.console.events == ["hang up"]
    await world.clock.advance(HANG_UP_S)
    assert process.signals == ["HUP", "TERM"]
    assert f"{one_off.name}: {words.R16}" in world.told()
    await one_off.over()


async def test_one_that_heeds_sighup_gets_no_r16(world: World) -> None:
    one_off = await begun(world, attach=True)
    one_off.client_gone()
    world.processes[0].end(129)
    await world.clock.advance(2 * HANG_UP_S)
    assert f"{one_off.name}: {words.R16}" not in world.told()
    assert world.processes[0].signals == ["HUP"]


async def test_stop_waits_for_the_grace_and_then_kills(world: World) -> None:
    one_off = await begun(world)
    (process,) = world.processes
    process.polite = False
    assert world.manager.stop(Selector.parse(str(one_off.name))) == [one_off.name]
    await world.clock.advance(29)
    assert process.signals == ["TERM"]
    await world.clock.advance(1)
    assert process.signals == ["TERM", "KILL"]
    assert one_off.exit == Exit(137)


async def test_a_restart_of_all_leaves_it_alone_and_one_by_name_ends_it(world: World) -> None:
    await world.release(web=1)
    one_off = await begun(world)
    process = world.processes[-1]
    world.manager.restart(Selector())
    assert process.signals == []
    world.manager.restart(Selector.parse("run"))
    await one_off.over()
    assert process.signals[0] == "TERM"


async def test_a_day_is_its_limit(world: World) -> None:
    one_off = await begun(world)
    await world.clock.advance(DAY_S)
    assert f"{one_off.name}: Cycling" in world.told()
    assert one_off.exit == Exit(143)


async def test_a_release_command_is_killed_after_its_hour(world: World) -> None:
    one_off = await begun(world, type="release", limit_s=RELEASE_PHASE_S, abrupt=True)
    await world.clock.advance(RELEASE_PHASE_S - 1)
    assert world.processes[0].signals == []
    await world.clock.advance(2)
    assert (world.processes[0].signals, one_off.exit) == (["KILL"], Exit(137))


async def test_it_falls_with_its_host(world: World) -> None:
    one_off = await begun(world)
    world.manager.host_failed(one_off.host.name)
    await one_off.over()
    assert world.told()[-1] == f"{one_off.name}: Host {one_off.host.name} failed"


async def test_it_is_killed_at_twice_its_memory(world: World) -> None:
    await world.release(worker=1)
    one_off = await begun(world, size=SIZES["standard-2x"])
    world.processes[-1].used_bytes = 2 * SIZES["standard-2x"].memory_bytes + 1
    await world.clock.advance(3)
    assert f"{one_off.name}: {words.R15}" in world.told()
    assert one_off.exit == Exit(137)


async def test_what_cannot_be_launched_says_why(world: World) -> None:
    world.runtime.refuse = "no room"
    one_off = await begun(world)
    assert (one_off.exit, one_off.problem and one_off.problem.message) == (None, "no room")
    assert not await one_off.up()
    with pytest.raises(DynoProblem, match="no room"):
        await world.manager.one_offs.run(errand(), RUN, lambda _data: None)


async def test_the_platforms_end_is_theirs(world: World) -> None:
    await world.release(web=1)
    waiting = world.manager.one_offs.make(errand(attach=True), RUN)
    running = await begun(world)
    await world.manager.shut_down()
    assert running.exit == Exit(143)
    assert not waiting.awaits_client
    assert not world.ports.used


async def test_there_is_a_most(world: World) -> None:
    for _ in range(ONE_OFF_DYNOS):
        world.manager.one_offs.make(errand(), RUN)
    with pytest.raises(UsageProblem, match="50 one-off dynos"):
        world.manager.one_offs.check_room(DEFAULT_SIZE)
    with pytest.raises(UsageProblem, match="1 one-off dynos"):
        world.manager.one_offs.check_room(SIZES["eco"])
