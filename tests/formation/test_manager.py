"""Whole lives of dynos, played through the real manager on a clock that moves when told."""

import pytest

from minipaas.errors import NotFound, UsageProblem
from minipaas.formation.selector import Selector
from minipaas.limits import Limits
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import SIZES, DynoState
from minipaas.runtime.base import Listener
from tests.fakes import FakeClock, settle
from tests.formation.world import World

WEB_1 = Selector.parse("web.1")


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(clock)


async def test_a_release_starts_the_formation_and_tells_it_in_herokus_words(world: World) -> None:
    await world.release(web=1, worker=1)
    assert world.told() == [
        "web.1: State changed from down to starting",
        "worker.1: State changed from down to starting",
        "web.1: Starting process with command `serve -p 5001`",
        "worker.1: Starting process with command `work`",
        "worker.1: State changed from starting to up",
        "web.1: State changed from starting to up",
    ]
    assert list(world.route.serving.values()) == ["web.1"]
    env = world.processes[0].launch.env
    assert env == {"A": "1", "DYNO": "web.1", "PORT": "5001"}


async def test_a_restart_begins_the_next_life_before_the_old_one_has_ended(world: World) -> None:
    await world.release(web=1)
    world.processes[0].polite = False
    world.told()
    world.manager.restart(WEB_1)
    await settle()
    assert world.told() == [
        "web.1: Restarting",
        "web.1: State changed from up to starting",
        "web.1: Starting process with command `serve -p 5002`",
        "web.1: State changed from starting to up",
        "web.1: Stopping all processes with SIGTERM",
    ]
    world.processes[0].end(0)
    await settle()
    assert world.told() == ["web.1: Process exited with status 0"]
    assert world.processes[0].discarded
    assert world.ports.used == {5002}


async def test_a_draining_dyno_gets_sigterm_when_its_requests_have_ended(world: World) -> None:
    await world.release(web=1)
    old = world.processes[0]
    busy = world.route.drain(old.id)
    world.route.busy[old.id] = pending = busy.get_loop().create_future()
    world.manager.restart(WEB_1)
    await settle()
    assert old.signals == []
    pending.set_result(None)
    await settle()
    assert old.signals == ["TERM"]


async def test_a_draining_dyno_gets_sigterm_after_a_moment_though_a_request_goes_on(world: World) -> None:
    await world.release(web=1)
    old = world.processes[0]
    world.route.drain(old.id)
    world.route.busy[old.id] = world.route.busy[old.id].get_loop().create_future()
    world.manager.restart(WEB_1)
    await world.clock.advance(0.9)
    assert old.signals == []
    await world.clock.advance(0.2)
    assert old.signals == ["TERM"]


async def test_r12_kills_what_does_not_end_within_30_seconds_of_sigterm(world: World) -> None:
    await world.release(web=1)
    world.processes[0].polite = False
    world.manager.restart(WEB_1)
    await world.clock.advance(29)
    assert world.processes[0].signals == ["TERM"]
    world.told()
    await world.clock.advance(2)
    assert world.told() == [
        "web.1: Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM",
        "web.1: Stopping remaining processes with SIGKILL",
        "web.1: Process exited with status 137",
    ]


async def test_r10_kills_a_web_dyno_that_does_not_bind_and_names_what_it_binds(clock: FakeClock) -> None:
    world = World(clock, at_once=False)
    await world.release(web=1)
    world.processes[0].elsewhere = [Listener("0.0.0.0", 8080, 4000, "node")]
    world.told()
    await world.clock.advance(60)
    assert world.told()[:6] == [
        "web.1: Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch",
        "web.1: Web process listens on 0.0.0.0:8080 (node) instead: bind 0.0.0.0:$PORT (it was 5001)",
        "web.1: Stopping process with SIGKILL",
        "web.1: Process exited with status 137",
        "web.1: State changed from starting to crashed",
        "web.1: State changed from crashed to starting",
    ]


async def test_a_worker_needs_no_port(clock: FakeClock) -> None:
    world = World(clock, at_once=False)
    await world.release(worker=1)
    assert world.state("worker.1") is DynoState.UP


async def test_the_first_crash_restarts_at_once_the_second_cools_off_20_minutes(world: World) -> None:
    await world.release(web=1)
    world.processes[0].end(1)
    await world.clock.advance(0)
    assert world.state("web.1") is DynoState.UP
    world.processes[1].end(1)
    await world.clock.advance(19 * 60)
    assert world.state("web.1") is DynoState.CRASHED
    await world.clock.advance(2 * 60)
    assert world.state("web.1") is DynoState.UP
    assert len(world.processes) == 3


async def test_exit_0_is_a_crash_too(world: World) -> None:
    await world.release(worker=1)
    world.told()
    world.processes[0].end(0)
    await settle()
    assert world.told() == ["worker.1: Process exited with status 0", "worker.1: State changed from up to crashed"]


async def test_a_dyno_up_for_a_minute_is_forgiven_its_crashes(world: World) -> None:
    await world.release(web=1)
    world.processes[0].end(1)
    await world.clock.advance(61)
    world.processes[1].end(1)
    await world.clock.advance(0)
    assert world.state("web.1") is DynoState.UP


async def test_a_restart_ends_the_cooling_off(world: World) -> None:
    await world.release(web=1)
    for at in (0, 1):
        world.processes[at].end(1)
        await world.clock.advance(0)
    assert world.state("web.1") is DynoState.CRASHED
    world.manager.restart(WEB_1)
    await settle()
    assert world.state("web.1") is DynoState.UP


async def test_a_release_restarts_what_lives_and_starts_what_crashed(world: World) -> None:
    await world.release(web=2)
    for at in (0, 2):
        world.processes[at].end(1)
        await world.clock.advance(0)
    assert world.state("web.1") is DynoState.CRASHED
    await world.release(version=2, web=2)
    assert [world.state("web.1"), world.state("web.2")] == [DynoState.UP, DynoState.UP]
    assert {slot.release for slot in world.manager.slots.values()} == {2}


async def test_relocation_moves_to_another_host_with_another_port(world: World) -> None:
    await world.release(web=1)
    world.told()
    world.manager.relocate(WEB_1, None)
    await settle()
    assert world.told()[:3] == [
        "web.1: Relocating from host a to host b",
        "web.1: Restarting",
        "web.1: State changed from up to starting",
    ]
    assert [process.launch.host.name for process in world.processes] == ["a", "b"]
    assert world.processes[0].launch.env["PORT"] != world.processes[1].launch.env["PORT"]


async def test_relocation_to_a_host_that_is_not_there_changes_nothing(world: World) -> None:
    await world.release(web=1)
    with pytest.raises(NotFound, match="there is no host q"):
        world.manager.relocate(WEB_1, "q")
    assert len(world.processes) == 1


async def test_a_failing_host_takes_its_dynos_without_a_word_and_they_come_up_elsewhere(world: World) -> None:
    await world.release(web=3)
    world.told()
    world.cells.fail("b")
    world.manager.host_failed("b")
    await settle()
    assert world.processes[1].signals == ["KILL"]
    assert world.told() == [
        "web.2: Host b failed",
        "web.2: State changed from up to starting",
        "web.2: Starting process with command `serve -p 5004`",
        "web.2: State changed from starting to up",
    ]
    assert world.processes[3].launch.host.name != "b"


async def test_a_dyno_that_is_killed_has_crashed_and_comes_up_again(world: World) -> None:
    await world.release(web=2)
    world.told()
    assert [str(name) for name in world.manager.crash(WEB_1)] == ["web.1"]
    assert world.processes[0].signals == ["KILL"]
    await world.clock.advance(0)
    assert world.told() == [
        "web.1: Process exited with status 137",
        "web.1: State changed from up to crashed",
        "web.1: State changed from crashed to starting",
        "web.1: Starting process with command `serve -p 5003`",
        "web.1: State changed from starting to up",
    ]
    world.manager.scale({"web": FormationEntry(0)})
    with pytest.raises(NotFound):
        world.manager.crash(WEB_1)


async def test_a_failed_host_takes_no_dynos_until_it_is_recovered(world: World) -> None:
    world.cells.fail("a")
    await world.release(web=4)
    assert "a" not in {process.launch.host.name for process in world.processes}
    with pytest.raises(UsageProblem, match="it has failed"):
        world.manager.relocate(WEB_1, "a")
    world.cells.recover("a")
    world.manager.relocate(WEB_1, "a")
    await settle()
    assert world.processes[-1].launch.host.name == "a"


async def test_a_drained_host_gives_its_dynos_away_politely_and_takes_none(world: World) -> None:
    await world.release(web=3)
    world.told()
    world.cells.drain("b")
    world.manager.host_drained("b")
    await settle()
    assert "web.2: Relocating from host b to host a" in world.told()
    assert [process.signals for process in world.processes[:3]] == [[], ["TERM"], []]
    assert world.cells.state("b") == "drained"
    with pytest.raises(UsageProblem, match="it is drained"):
        world.manager.relocate(WEB_1, "b")
    world.cells.recover("b")
    assert world.cells.place(("a", "c")).name == "b"


async def test_the_last_host_that_takes_dynos_cannot_be_drained(world: World) -> None:
    world.cells.fail("a")
    world.cells.drain("b")
    with pytest.raises(UsageProblem, match="cannot drain host c: no other host works"):
        world.cells.drain("c")


async def test_the_last_host_cannot_fail(world: World) -> None:
    world.cells.fail("a")
    world.cells.fail("b")
    with pytest.raises(UsageProblem, match="no other host works"):
        world.cells.fail("c")


async def test_a_dyno_that_is_being_stopped_vanishes_with_its_host_too(world: World) -> None:
    await world.release(web=1)
    world.processes[0].polite = False
    world.manager.restart(WEB_1)
    await settle()
    world.manager.host_failed("a")
    await settle()
    assert world.processes[0].signals == ["TERM", "KILL"]


async def test_scaling_touches_only_what_is_added_or_removed(world: World) -> None:
    await world.release(web=2)
    world.manager.scale({"web": FormationEntry(3)})
    await settle()
    assert len(world.processes) == 3
    world.manager.scale({"web": FormationEntry(1)})
    await settle()
    assert [process.signals for process in world.processes] == [[], ["TERM"], ["TERM"]]
    assert list(world.route.states) == ["web.1"]


async def test_ps_stop_brings_the_dyno_back_as_heroku_does(world: World) -> None:
    await world.release(web=1)
    world.told()
    world.manager.stop(WEB_1)
    await settle()
    assert world.told()[:2] == [
        "web.1: State changed from up to down",
        "web.1: State changed from down to starting",
    ]
    assert world.state("web.1") is DynoState.UP


async def test_dynos_are_cycled_after_the_cycle_and_its_random_part(clock: FakeClock) -> None:
    world = World(clock, limits=Limits(cycle_s=240, cycle_jitter_s=36))
    await world.release(web=1)
    world.told()
    await clock.advance(239)
    assert len(world.processes) == 1
    await clock.advance(37)
    assert len(world.processes) == 2
    assert world.told()[0] == "web.1: Cycling"


async def test_a_restart_winds_the_cycling_clock_anew(clock: FakeClock) -> None:
    world = World(clock, limits=Limits(cycle_s=240, cycle_jitter_s=36))
    await world.release(web=1)
    await clock.advance(200)
    world.manager.restart(WEB_1)
    await clock.advance(200)
    assert len(world.processes) == 2


async def test_r14_is_told_while_over_quota_and_repeats_every_20_seconds(world: World) -> None:
    await world.release(web=1)
    world.told()
    world.processes[0].used_bytes = 600 * 2**20
    await world.clock.advance(3)
    assert world.told() == [
        "web.1: Process running mem=600M(117.2%)",
        "web.1: Error R14 (Memory quota exceeded)",
    ]
    await world.clock.advance(16)
    assert world.told() == []
    await world.clock.advance(5)
    assert len(world.told()) == 2


async def test_r15_kills_at_twice_the_quota(world: World) -> None:
    await world.release(worker=1)
    world.told()
    world.processes[0].used_bytes = 1100 * 2**20
    await world.clock.advance(3)
    assert world.told()[:5] == [
        "worker.1: Process running mem=1100M(214.8%)",
        "worker.1: Error R15 (Memory quota vastly exceeded)",
        "worker.1: Stopping process with SIGKILL",
        "worker.1: Process exited with status 137",
        "worker.1: State changed from up to crashed",
    ]


async def test_a_kill_by_the_kernels_memory_limit_is_told_as_r15(world: World) -> None:
    await world.release(worker=1)
    world.told()
    world.processes[0].end(137, killed_by_memory=True)
    await settle()
    assert world.told()[:3] == [
        "worker.1: Error R15 (Memory quota vastly exceeded)",
        "worker.1: Stopping process with SIGKILL",
        "worker.1: Process exited with status 137",
    ]


async def test_a_changed_size_restarts_the_type(world: World) -> None:
    await world.release(web=1)
    world.manager.scale({"web": FormationEntry(1, SIZES["standard-2x"])})
    await settle()
    assert world.processes[1].launch.size.name == "Standard-2X"


async def test_a_dyno_that_cannot_be_launched_has_crashed_and_says_why(world: World) -> None:
    world.runtime.refuse = "cannot launch: no space left on device"
    await world.release(web=1)
    assert "web.1: cannot launch: no space left on device" in world.told()
    assert world.state("web.1") is DynoState.CRASHED


async def test_shutting_down_waits_for_every_life_and_kill_hurries_it(world: World) -> None:
    await world.release(web=2)
    for process in world.processes:
        process.polite = False
    closing = world.kit.tasks.start(world.manager.shut_down())
    await settle()
    assert not closing.done()
    world.manager.kill()
    await settle()
    assert closing.done()
    assert world.ports.used == set()
    assert [world.cells.load(name) for name in "abc"] == [0, 0, 0]
    assert world.failures == []


async def test_stopping_while_the_dyno_boots_ends_the_boot_watch(clock: FakeClock) -> None:
    world = World(clock, limits=Limits(boot_timeout_s=5), at_once=False)
    await world.release(web=1)
    await world.manager.shut_down()
    world.told()
    await world.clock.advance(100)
    assert world.told() == []


async def test_settled_waits_for_every_dyno_to_be_up_or_crashed(clock: FakeClock) -> None:
    world = World(clock, at_once=False)
    await world.release(web=2)
    waiting = world.kit.tasks.start(world.manager.settled())
    world.watch.bind(5001)
    await settle()
    assert not waiting.done()
    world.watch.bind(5002)
    await settle()
    assert waiting.done()


async def test_a_first_crash_is_not_the_last_word_on_a_release(world: World) -> None:
    await world.release(web=1)
    world.processes[0].end(1)
    await settle()
    waiting = world.kit.tasks.start(world.manager.settled())
    await settle()
    assert not waiting.done()
    await world.clock.advance(0)
    assert waiting.done()
    assert world.state("web.1") is DynoState.UP


async def test_an_eco_app_sleeps_and_a_request_wakes_it(world: World) -> None:
    await world.release(web=1, size=SIZES["eco"])
    world.told()
    world.manager.idle()
    await settle()
    assert world.told()[:2] == ["web.1: Idling", "web.1: State changed from up to down"]
    assert world.route.states == {"web.1": DynoState.IDLE}
    world.manager.wake()
    await settle()
    assert world.told()[0] == "web.1: Unidling"
    assert world.state("web.1") is DynoState.UP
