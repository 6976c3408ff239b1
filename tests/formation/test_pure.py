"""Back-off, cycling, placement, words, selectors: decisions without a machine."""

from dataclasses import dataclass

import pytest

from minipaas.errors import NotFound, UsageProblem
from minipaas.formation import words
from minipaas.formation.backoff import cool_off_s, cycle_after_s
from minipaas.formation.placement import choose_host
from minipaas.formation.selector import Selector
from minipaas.limits import Limits
from minipaas.model.dyno import DEFAULT_SIZE, DynoName, DynoState
from minipaas.runtime.base import Listener


@dataclass(frozen=True)
class Place:
    name: str


A, B, C = Place("a"), Place("b"), Place("c")


@pytest.mark.parametrize(
    ("crashes", "minutes"), [(1, 0), (2, 20), (3, 40), (4, 60), (5, 180), (6, 320), (7, 320), (100, 320)]
)
def test_crashes_cool_off_as_heroku_says(crashes: int, minutes: int) -> None:
    assert minutes * 60 == cool_off_s(crashes)


def test_a_dyno_is_cycled_after_24_hours_and_up_to_216_minutes() -> None:
    assert cycle_after_s(Limits(), 0.0) == 24 * 3600
    assert cycle_after_s(Limits(), 1.0) == 24 * 3600 + 216 * 60


@pytest.mark.parametrize(
    ("load", "avoid", "expected"),
    [
        ({}, (), A),
        ({"a": 1}, (), B),
        ({"a": 1, "b": 1}, (), C),
        ({"a": 1, "b": 2, "c": 3}, (), A),
        ({"a": 0, "b": 5, "c": 6}, ("a",), B),
        ({"a": 4}, ("a", "b", "c"), B),
    ],
)
def test_a_dyno_goes_to_the_emptiest_host_it_need_not_avoid(
    load: dict[str, int], avoid: tuple[str, ...], expected: Place
) -> None:
    assert expected == choose_host([A, B, C], load, avoid)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("gunicorn app:app -b 0.0.0.0:$PORT", "gunicorn app:app -b 0.0.0.0:4321"),
        ("puma -p ${PORT}", "puma -p 4321"),
        ("puma -p ${PORT:-5000}", "puma -p 4321"),
        ("puma -p ${PORT:?no port}", "puma -p 4321"),
        ("echo $PORTAL $PORT_2", "echo $PORTAL $PORT_2"),
        ("node server.js", "node server.js"),
    ],
)
def test_the_port_is_told_as_its_number(command: str, told: str) -> None:
    assert f"Starting process with command `{told}`" == words.starting(command, 4321)


def test_r10_names_what_the_process_listens_on_instead() -> None:
    elsewhere = words.bound_elsewhere([Listener("0.0.0.0", 3000, 1, "node")], 5001)
    assert elsewhere == "Web process listens on 0.0.0.0:3000 (node) instead: bind 0.0.0.0:$PORT (it was 5001)"


def test_r10_tells_a_loopback_bind_from_a_wrong_port() -> None:
    elsewhere = words.bound_elsewhere([Listener("127.0.0.1", 5001, 1, "python3"), Listener("::1", 9)], 5001)
    assert elsewhere == (
        "Web process listens on 127.0.0.1:5001 (python3), [::1]:9 instead: bind 0.0.0.0, not only loopback"
    )


def test_r10_says_nothing_of_a_process_that_listens_on_nothing() -> None:
    assert words.bound_elsewhere([], 5001) is None


def test_an_idle_dyno_is_told_as_down() -> None:
    assert words.changed(DynoState.UP, DynoState.IDLE) == "State changed from up to down"


def test_memory_is_told_as_heroku_tells_it() -> None:
    assert words.memory_use(524 * 2**20 + 1000, DEFAULT_SIZE) == "Process running mem=524M(102.3%)"


def test_dyno_and_port_cannot_be_overridden() -> None:
    env = words.environment({"PORT": "80", "DYNO": "x", "A": "1"}, DynoName("web", 2), 4321)
    assert env == {"PORT": "4321", "DYNO": "web.2", "A": "1"}


NAMES = [DynoName("web", 2), DynoName("web", 10), DynoName("worker", 1), DynoName("web", 1)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (None, ["web.1", "web.2", "web.10", "worker.1"]),
        ("web", ["web.1", "web.2", "web.10"]),
        ("web.10", ["web.10"]),
        ("worker", ["worker.1"]),
    ],
)
def test_a_selector_picks_in_order(word: str | None, expected: list[str]) -> None:
    assert expected == [str(name) for name in Selector.parse(word).pick("shop", NAMES)]


def test_a_selector_that_finds_nothing_says_what_is_there() -> None:
    with pytest.raises(NotFound, match=r"no clock dynos on shop") as raised:
        Selector.parse("clock").pick("shop", NAMES)
    assert raised.value.hint == "dynos: web.1, web.2, web.10, worker.1"


@pytest.mark.parametrize("word", ["", "web.", ".1", "web.x", "a.b.c"])
def test_a_selector_refuses_what_is_neither_dyno_nor_type(word: str) -> None:
    with pytest.raises(UsageProblem):
        Selector.parse(word)
