"""Which app, which dyno, or which refusal: decided without a socket."""

import random
from collections import Counter

import pytest

from minipaas.limits import BACKLOG_PER_DYNO
from minipaas.model.dyno import DynoState
from minipaas.router.fault import H10, H14, H80, H81, Fault
from minipaas.router.route import AppRoute, at_random, round_robin
from minipaas.router.slot import Backend
from minipaas.router.table import Go, Hosts, decide

UP, STARTING, CRASHED, IDLE, DOWN = (
    DynoState.UP,
    DynoState.STARTING,
    DynoState.CRASHED,
    DynoState.IDLE,
    DynoState.DOWN,
)


@pytest.mark.parametrize(
    ("states", "ready", "outcome"),
    [
        ([], 0, H14),
        ([DOWN], 0, H14),
        ([CRASHED], 0, H10),
        ([CRASHED, CRASHED], 0, H10),
        ([CRASHED, DOWN], 0, H10),
        ([CRASHED, STARTING], 0, Go.WAIT),
        ([STARTING], 0, Go.WAIT),
        ([UP], 0, Go.WAIT),
        ([IDLE], 0, Go.WAKE),
        ([IDLE, STARTING], 0, Go.WAIT),
        ([IDLE, CRASHED], 0, Go.WAKE),
        ([UP], 1, Go.SERVE),
        ([CRASHED, UP], 1, Go.SERVE),
        ([], 1, Go.SERVE),
    ],
)
@pytest.mark.parametrize(("maintenance", "deployed"), [(False, True), (True, True), (False, False), (True, False)])
def test_the_order_of_decisions_is_herokus(
    states: list[DynoState], ready: int, outcome: Go | Fault, maintenance: bool, deployed: bool
) -> None:
    named = {f"web.{number}": state for number, state in enumerate(states, 1)}
    expected = H80 if maintenance else H81 if not deployed else outcome
    assert decide(maintenance=maintenance, deployed=deployed, states=named, ready=ready) == expected


def test_hosts_are_found_exactly_or_by_their_first_label() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.add("shop", "S", ("www.example.com",))
    hosts.add("www", "W")
    assert [hosts.find(name) for name in ("shop.localhost", "shop.lvh.me", "shop", "www.example.com")] == ["S"] * 4
    assert hosts.find("www.example.org") == "W"
    assert hosts.find("other.localhost") is None
    assert hosts.find("") is None
    assert hosts.named("shop") == "S"
    hosts.remove("shop")
    assert hosts.find("www.example.com") == "W"
    assert hosts.all() == ["W"]


def route(count: int, policy: str = "round-robin", seed: int = 1) -> AppRoute:
    pick = round_robin if policy == "round-robin" else at_random(random.Random(seed))
    own = AppRoute("shop", pick)
    for number in range(1, count + 1):
        own.add(Backend(f"web.{number}", f"life-{number}", "127.0.0.2", 1))
    return own


def picks(own: AppRoute, count: int, now: float = 0.0) -> list[str]:
    slots = [own.pick(now) for _ in range(count)]
    return [slot.backend.dyno if slot is not None else "" for slot in slots]


def test_round_robin_takes_each_in_turn_also_after_changes() -> None:
    own = route(3)
    assert picks(own, 4) == ["web.1", "web.2", "web.3", "web.1"]
    own.remove("life-2")
    assert picks(own, 4) == ["web.3", "web.1", "web.3", "web.1"]
    own.add(Backend("web.2", "life-4", "127.0.0.2", 1))
    assert Counter(picks(own, 9)) == {"web.1": 3, "web.2": 3, "web.3": 3}


def test_random_is_repeatable_and_reaches_all() -> None:
    assert picks(route(3, "random"), 50) == picks(route(3, "random"), 50)
    assert set(picks(route(3, "random"), 50)) == {"web.1", "web.2", "web.3"}


@pytest.mark.parametrize("policy", ["round-robin", "random"])
def test_quarantined_and_tried_dynos_are_passed_over(policy: str) -> None:
    own = route(3, policy)
    own.ring[0].quarantined_until = 5.0
    assert set(picks(own, 20)) == {"web.2", "web.3"}
    assert own.pick(0.0, {"life-2", "life-3"}) is None
    slot = own.pick(5.0, {"life-2", "life-3"})
    assert slot is not None
    assert slot.backend.dyno == "web.1"


def test_no_dyno_is_no_pick() -> None:
    assert picks(route(0), 1) == [""]
    assert picks(route(0, "random"), 1) == [""]


def test_the_backlog_is_200_for_each_dyno_and_for_none() -> None:
    for count, full in ((0, BACKLOG_PER_DYNO), (1, BACKLOG_PER_DYNO), (3, 3 * BACKLOG_PER_DYNO)):
        own = route(count)
        own.in_flight_total = full - 1
        assert not own.backlog_full()
        own.in_flight_total = full
        assert own.backlog_full()


async def test_draining_or_removing_a_stranger_is_harmless() -> None:
    own = route(1)
    await own.drain("nobody")
    own.remove("nobody")
    assert own.in_flight("nobody") == 0
    assert own.gate is Go.SERVE


async def test_a_drain_is_done_when_the_last_request_leaves_or_the_dyno_ends() -> None:
    own = route(1)
    slot = own.pick(0.0)
    assert slot is not None
    slot.in_flight = 2
    first, second = own.drain("life-1"), own.drain("life-1")
    assert own.gate is not Go.SERVE
    slot.leave()
    assert own.in_flight("life-1") == 1
    slot.leave()
    await first
    await second
    other = route(1)
    other.ring[0].in_flight = 1
    waiting = other.drain("life-1")
    other.remove("life-1")
    await waiting
