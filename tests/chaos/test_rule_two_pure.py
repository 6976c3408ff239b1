"""What boots and stops are judged to be, from measurements alone."""

from dataclasses import replace

import pytest

from minipaas.chaos.boots import Boot, boot_findings
from minipaas.chaos.stops import InFlight, Stop, stop_findings
from minipaas.chaos.story import Beat, told
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, Severity
from minipaas.report.evidence import moment
from minipaas.runtime.base import Listener

ERROR, WARNING = Severity.ERROR, Severity.WARNING
UP = Boot(dyno="web.1", process_type="web", at_s=10.0, command="run $PORT", port=4000, bound_s=0.5, answered_s=0.6)
CRASH = replace(UP, bound_s=None, exit_status=1, lived_s=0.2, last_lines=("starting", "KeyError: 'DATABASE_URL'"))
SILENT = replace(UP, bound_s=None, lived_s=60.0)
WORKER = replace(UP, dyno="worker.1", process_type="worker", bound_s=None, answered_s=None, lived_s=1.0)
DONE = replace(WORKER, exit_status=0)


def boots(*of: Boot, scaled: bool = True) -> list[Finding]:
    return list(boot_findings(of, Rules(), Limits(), scaled=scaled))


def codes(findings: list[Finding]) -> list[tuple[str, Severity, str | None]]:
    return [(each.code, each.severity, each.error_code) for each in findings]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ([UP] * 6, []),
        ([WORKER] * 6, []),
        ([CRASH] * 3, [("MP202", ERROR, "H10")]),
        ([CRASH, *[UP] * 5], [("MP202", WARNING, None)]),
        ([CRASH, CRASH, *[UP] * 4], [("MP202", ERROR, "H10")]),
        ([replace(WORKER, exit_status=3)] * 2, [("MP202", ERROR, None)]),
        ([DONE] * 2, [("MP202", ERROR, None)]),
        ([SILENT] * 2, [("MP201", ERROR, "R10")]),
        ([replace(UP, bound_s=12.0)] * 6, [("MP203", ERROR, None)]),
        ([replace(UP, bound_s=12.0), *[UP] * 5], [("MP203", WARNING, None)]),
        ([*[UP] * 4, *[replace(CRASH, after_kill=True)] * 2], [("MP206", ERROR, None)]),
        ([*[UP] * 4, replace(CRASH, after_kill=True), replace(UP, after_kill=True)], [("MP202", WARNING, None)]),
        ([replace(UP, refused=("503",)), *[UP] * 5], []),
        ([*[replace(UP, refused=("503",))] * 2, *[UP] * 4], [("MP207", WARNING, None)]),
        ([replace(UP, refused=("503",) * 99, answered_s=None)] * 6, []),
    ],
)
def test_boots(of: list[Boot], expected: list[tuple[str, Severity, str | None]]) -> None:
    assert codes(boots(*of)) == expected


def test_a_job_that_nobody_asked_dynos_for_may_end() -> None:
    assert codes(boots(DONE, DONE, scaled=False)) == [("MP202", WARNING, None)]


def test_two_that_trip_over_each_other_are_told_so() -> None:
    pair = replace(UP, together=True), replace(CRASH, together=True)
    (finding,) = boots(*pair, *pair, UP, UP)
    assert "when two dynos boot at once" in finding.message
    assert finding.severity is ERROR


@pytest.mark.parametrize(
    ("listener", "told_as"),
    [
        (Listener("127.0.0.1", 4000, 7, "node x.js"), "it listens on 127.0.0.1 only"),
        (Listener("::1", 4000), "it listens on ::1 only"),
        (Listener("0.0.0.0", 3000, 7, "node x.js"), "port 3000 of its own choice (`node x.js`)"),
        (None, "it listens on no port at all"),
    ],
)
def test_r10_says_what_is_bound_instead(listener: Listener | None, told_as: str) -> None:
    (finding,) = boots(replace(SILENT, listeners=(listener,) if listener else ()))
    assert told_as in finding.message
    assert finding.evidence[-1].endswith("State changed from starting to crashed")


def test_the_fingerprint_of_a_fault_holds_no_port() -> None:
    for finding in (*boots(CRASH), *boots(SILENT), *boots(replace(UP, bound_s=30.0))):
        assert finding.subject == "web"


QUICK = Stop(dyno="web.1", process_type="web", at_s=5.0, took_s=0.3, waited_s=0.3, exit_status=143)
NEVER = replace(QUICK, took_s=None, waited_s=30.0, exit_status=137, left=("npm start", "node x.js"))
HELD = InFlight(label="POST /x", began_s=4.8, ended_s=5.9, outcome="200", lost=False)
LOST = replace(HELD, outcome="connection closed without an answer", lost=True)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ([QUICK, replace(QUICK, exit_status=0)], []),
        ([NEVER, NEVER, replace(NEVER, cut_short=True, waited_s=3.0)], [("MP204", ERROR, "R12")]),
        ([replace(QUICK, took_s=14.0)] * 2, [("MP204", ERROR, None)]),
        ([replace(QUICK, took_s=14.0), *[QUICK] * 4], []),
        ([replace(QUICK, in_flight=HELD)] * 3, []),
        ([replace(QUICK, in_flight=LOST), replace(QUICK, in_flight=HELD)], []),
        ([replace(QUICK, in_flight=LOST)] * 2, [("MP205", WARNING, None)]),
        ([replace(NEVER, in_flight=LOST)] * 2, [("MP204", ERROR, "R12")]),
    ],
)
def test_stops(of: list[Stop], expected: list[tuple[str, Severity, str | None]]) -> None:
    assert codes(list(stop_findings(of, Rules(), Limits()))) == expected


def test_the_survivors_and_their_go_between_are_named() -> None:
    (finding,) = stop_findings([NEVER], Rules(), Limits())
    assert "left was `npm start`, `node x.js`" in finding.message
    assert "by way of `npm`" in finding.help
    assert "within 30 seconds of SIGTERM" in " ".join(finding.evidence)


def test_a_story_is_set_in_columns_oldest_first() -> None:
    lines = told([Beat(7.5, "heroku[web.1]", "up"), Beat(7.0, "client", "two\nlines")])
    assert lines == ("0.00 s  client  two lines", "0.50 s  heroku[web.1]  up")
    assert [moment(line).who for line in lines] == ["client", "heroku[web.1]"]
