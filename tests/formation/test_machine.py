"""The dyno's state machine, as the table it is."""

from pathlib import Path

import pytest

from minipaas.formation.machine import TABLE, Action, Event, diagram, step
from minipaas.model.dyno import DynoState as S

DOCS = Path(__file__).parents[2] / "docs" / "dyno-states.md"

LIVES = [
    (
        "a web dyno boots, serves and is scaled away",
        [(Event.START, S.STARTING), (Event.LISTENING, S.UP), (Event.STOP, S.DOWN)],
    ),
    (
        "a restart begins the next life before the old one has ended",
        [(Event.START, S.STARTING), (Event.LISTENING, S.UP), (Event.RESTART, S.STARTING), (Event.LISTENING, S.UP)],
    ),
    (
        "a dyno that does not bind its port is killed and has crashed",
        [(Event.START, S.STARTING), (Event.BOOT_TIMED_OUT, S.STARTING), (Event.EXITED, S.CRASHED)],
    ),
    (
        "a crashed dyno cools off and starts again",
        [
            (Event.START, S.STARTING),
            (Event.EXITED, S.CRASHED),
            (Event.COOLED_OFF, S.STARTING),
            (Event.LISTENING, S.UP),
        ],
    ),
    (
        "a dyno outlives its host",
        [
            (Event.START, S.STARTING),
            (Event.LISTENING, S.UP),
            (Event.HOST_FAILED, S.STARTING),
            (Event.LISTENING, S.UP),
        ],
    ),
    (
        "an eco dyno sleeps and is woken",
        [(Event.START, S.STARTING), (Event.LISTENING, S.UP), (Event.IDLED, S.IDLE), (Event.WOKEN, S.STARTING)],
    ),
]


@pytest.mark.parametrize(("story", "life"), LIVES, ids=[story for story, _ in LIVES])
def test_a_life_goes_through_its_states(story: str, life: list[tuple[Event, S]]) -> None:
    state = S.DOWN
    for event, expected in life:
        state, _ = step(state, event)
        assert expected == state, story


def test_a_pair_that_cannot_happen_raises() -> None:
    with pytest.raises(AssertionError, match="a dyno that is down cannot meet `listening`"):
        step(S.DOWN, Event.LISTENING)


def test_every_state_can_be_stopped_and_survives_its_host() -> None:
    for state in S:
        assert (state, Event.STOP) in TABLE
        assert (state, Event.HOST_FAILED) in TABLE


def test_a_new_life_is_launched_whenever_a_dyno_goes_to_starting_from_elsewhere() -> None:
    for (before, event), (after, actions) in TABLE.items():
        if after is S.STARTING and before is not S.STARTING:
            assert Action.LAUNCH in actions, (before, event)


def test_no_life_is_left_without_an_end() -> None:
    """Leaving `starting` or `up` by anything but the life's own exit retires or loses it."""
    for (before, event), (after, actions) in TABLE.items():
        if before in (S.STARTING, S.UP) and event not in (Event.EXITED, Event.LISTENING, Event.BOOT_TIMED_OUT):
            assert {Action.RETIRE, Action.LOSE} & set(actions), (before, event, after)


def test_the_diagram_in_the_docs_is_made_from_the_table() -> None:
    assert diagram() in DOCS.read_text()
