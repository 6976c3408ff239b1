"""What becomes of one dyno: a table of (state, event) to (state, actions).

1. A dyno here is a place in the formation (`web.1`). The process that fills it is a *life*; a restart gives the
   place a new life while the old one is retired beside it. The table speaks of the newest life only: what
   happens to a retired one changes no state.
2. The table is pure. `slot.py` carries out the actions and feeds back what came of them.
3. A pair that is not in the table cannot happen; meeting it is a fault of ours and raises.

The diagram in docs/dyno-states.md is made from this table, and a test compares the two.
"""

from enum import StrEnum

from minipaas.model.dyno import DynoState


class Event(StrEnum):
    """What can happen to a dyno."""

    START = "start"
    LISTENING = "listening"
    BOOT_TIMED_OUT = "boot timed out"
    EXITED = "exited"
    RESTART = "restart"
    STOP = "stop"
    HOST_FAILED = "host failed"
    COOLED_OFF = "cooled off"
    IDLED = "idled"
    WOKEN = "woken"


class Action(StrEnum):
    """What is to be done about it, in the order given."""

    #: Begin a new life.
    LAUNCH = "launch"
    #: Take the newest life out of the router, SIGTERM, SIGKILL when the grace is over.
    RETIRE = "retire"
    #: SIGKILL to the newest life, and wait for its exit as an event.
    KILL = "kill"
    #: Forget the newest life, its host is gone.
    LOSE = "lose"
    #: Let the router use it, start the clocks of a life that is up.
    SERVE = "serve"
    #: Count a crash; restart at once or cool off.
    COUNT_CRASH = "count crash"
    #: Forget earlier crashes.
    PARDON = "pardon"


Transition = tuple[DynoState, tuple[Action, ...]]

_S, _E, _A = DynoState, Event, Action

TABLE: dict[tuple[DynoState, Event], Transition] = {
    (_S.DOWN, _E.START): (_S.STARTING, (_A.LAUNCH,)),
    (_S.DOWN, _E.STOP): (_S.DOWN, ()),
    (_S.DOWN, _E.HOST_FAILED): (_S.DOWN, ()),
    (_S.STARTING, _E.LISTENING): (_S.UP, (_A.SERVE,)),
    (_S.STARTING, _E.BOOT_TIMED_OUT): (_S.STARTING, (_A.KILL,)),
    (_S.STARTING, _E.EXITED): (_S.CRASHED, (_A.COUNT_CRASH,)),
    (_S.STARTING, _E.RESTART): (_S.STARTING, (_A.PARDON, _A.RETIRE, _A.LAUNCH)),
    (_S.STARTING, _E.STOP): (_S.DOWN, (_A.RETIRE,)),
    (_S.STARTING, _E.HOST_FAILED): (_S.STARTING, (_A.LOSE, _A.LAUNCH)),
    (_S.UP, _E.EXITED): (_S.CRASHED, (_A.COUNT_CRASH,)),
    (_S.UP, _E.RESTART): (_S.STARTING, (_A.PARDON, _A.RETIRE, _A.LAUNCH)),
    (_S.UP, _E.STOP): (_S.DOWN, (_A.RETIRE,)),
    (_S.UP, _E.HOST_FAILED): (_S.STARTING, (_A.LOSE, _A.LAUNCH)),
    (_S.UP, _E.IDLED): (_S.IDLE, (_A.RETIRE,)),
    (_S.CRASHED, _E.COOLED_OFF): (_S.STARTING, (_A.LAUNCH,)),
    (_S.CRASHED, _E.RESTART): (_S.STARTING, (_A.PARDON, _A.LAUNCH)),
    (_S.CRASHED, _E.STOP): (_S.DOWN, (_A.PARDON,)),
    (_S.CRASHED, _E.HOST_FAILED): (_S.CRASHED, ()),
    (_S.IDLE, _E.WOKEN): (_S.STARTING, (_A.LAUNCH,)),
    (_S.IDLE, _E.RESTART): (_S.IDLE, ()),
    (_S.IDLE, _E.STOP): (_S.DOWN, ()),
    (_S.IDLE, _E.HOST_FAILED): (_S.IDLE, ()),
}


def step(state: DynoState, event: Event) -> Transition:
    """The state that follows and what is to be done.

    Raises:
        AssertionError: the pair is not in the table.
    """
    found = TABLE.get((state, event))
    assert found is not None, f"a dyno that is {state} cannot meet `{event}`"
    return found


def diagram() -> str:
    """The table as a Mermaid state diagram, for docs/dyno-states.md."""
    lines = ["stateDiagram-v2", "    [*] --> down"]
    for (state, event), (after, actions) in TABLE.items():
        does = f" / {', '.join(actions)}" if actions else ""
        lines.append(f"    {state} --> {after}: {event}{does}")
    return "\n".join(lines) + "\n"
