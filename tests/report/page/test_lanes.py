"""What is drawn of a timeline."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.model.verdict import TimelineEvent
from minipaas.report.page.lanes import panels
from minipaas.report.page.spans import spans
from tests.report.samples import busy_timeline, loss_timeline
from tests.report.strangers import events


def told(*lives: tuple[float, str]) -> list[tuple[str, float, float]]:
    """Spans of a dyno that saw these kinds of events, until second 10."""
    seen = [TimelineEvent(at_s=at_s, lane="web.1", kind=kind, text="") for at_s, kind in lives]
    return [(span.state, span.begin, span.end) for span in spans(seen, 10)]


@pytest.mark.parametrize(
    ("lives", "drawn"),
    [
        (((0, "boot"), (1, "up")), [("starting", 0, 1), ("up", 1, 10)]),
        (((0, "boot"), (1, "exit")), [("starting", 0, 1)]),
        (((0, "up"), (4, "kill"), (5, "boot")), [("up", 0, 4), ("starting", 5, 10)]),
        (((0, "up"), (4, "stop"), (6, "exit")), [("up", 0, 4), ("stopping", 4, 6)]),
        (((0, "up"), (4, "stop")), [("up", 0, 4), ("stopping", 4, 10)]),
        (
            ((0, "up"), (4, "stop"), (4, "boot"), (5, "exit"), (6, "up")),
            [("up", 0, 4), ("stopping", 4, 5), ("starting", 4, 6), ("up", 6, 10)],
        ),
        (
            ((0, "up"), (4, "boot"), (4, "stop"), (5, "up"), (8, "kill")),
            [("up", 0, 4), ("starting", 4, 5), ("stopping", 4, 8), ("up", 5, 10)],
        ),
        (((3, "exit"),), []),
    ],
)
def test_a_dyno_is_drawn_as_what_it_went_through(
    lives: tuple[tuple[float, str], ...], drawn: list[tuple[str, float, float]]
) -> None:
    assert told(*lives) == drawn


def test_a_boot_that_says_when_it_was_over_leaves_the_dyno_up() -> None:
    boot = TimelineEvent(at_s=1, lane="web.1", kind="boot", text="", until_s=3)
    assert [(span.state, span.begin, span.end) for span in spans([boot], 10)] == [("starting", 1, 3), ("up", 3, 10)]
    failed = replace(boot, ok=False)
    assert [(span.state, span.begin, span.end) for span in spans([failed], 10)] == [("starting", 1, 3)]


def test_a_stop_after_the_replacement_is_up_is_that_of_the_one_before() -> None:
    """As chaos restarts: the new process boots, then the old one gets its SIGTERM, both as web.1."""
    seen = [
        TimelineEvent(at_s=0, lane="web.1", kind="boot", text="", until_s=1),
        TimelineEvent(at_s=4, lane="web.1", kind="boot", text="", until_s=5),
        TimelineEvent(at_s=5.5, lane="web.1", kind="stop", text="", until_s=6),
        TimelineEvent(at_s=8, lane="web.1", kind="stop", text="", until_s=9),
    ]
    assert [(span.state, span.begin, span.end) for span in spans(seen, 10)] == [
        ("starting", 0, 1),
        ("up", 1, 4),
        ("starting", 4, 5),
        ("stopping", 5.5, 6),
        ("up", 5, 8),
        ("stopping", 8, 9),
    ]


def test_each_trial_is_a_panel_with_dynos_above_clients() -> None:
    calm, two, death = panels(busy_timeline())
    assert [calm.trial, two.trial, death.trial] == ["calm", "two dynos", "sudden death"]
    assert [lane.name for lane in two.lanes] == ["web.1", "web.2", "alice", "bob", "carol", "visitor"]
    assert (len(calm.faults), len(two.faults)) == (0, 4)
    assert [loss.lane for loss in two.losses] == ["bob"]


def test_a_fault_has_no_lane_of_its_own() -> None:
    (panel,) = panels(
        (*loss_timeline(), TimelineEvent(at_s=3.1, lane="host a", kind="fault", text="", trial="fresh disk"))
    )
    assert [lane.name for lane in panel.lanes] == ["web.1", "alice", "bob"]


def test_stops_stand_for_faults_where_none_are_told() -> None:
    events = [
        TimelineEvent(at_s=at, lane="web.1", kind=kind, text="") for at, kind in ((0, "up"), (1, "stop"), (2, "exit"))
    ]
    assert [fault.at_s for fault in panels(events)[0].faults] == [1]


def test_nothing_is_drawn_of_nothing() -> None:
    assert panels(()) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(events, max_size=20))
def test_every_event_is_in_some_panel_and_no_span_runs_backwards(timeline: list[TimelineEvent]) -> None:
    drawn = panels(timeline)
    assert sorted({event.trial for event in timeline}) == sorted(panel.trial for panel in drawn)
    requests = sum(event.kind in ("request", "loss") for event in timeline)
    assert requests <= sum(panel.requests for panel in drawn)
    for panel in drawn:
        assert panel.begin < panel.end
        assert all(span.begin <= span.end for lane in panel.lanes for span in lane.spans)
