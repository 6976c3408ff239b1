"""What all writers say alike."""

from dataclasses import replace

import pytest

from minipaas.model.verdict import Rule, RuleVerdict, Verdict
from minipaas.report.document import causes, count, findings, in_short, listed
from tests.report.samples import FILES, MEMORY, P95, REPORTS, SLOW, STUBBORN, TERM, app, broken, kept, verdicts


def test_the_same_finding_of_several_dynos_is_one() -> None:
    told = findings(STUBBORN)
    assert [(each.finding, each.count) for each in told] == [(TERM, 3)]


def test_findings_on_different_forms_stay_apart() -> None:
    both = broken(FILES, replace(FILES, subject="POST /comments"))
    assert len(findings(app("notes", verdicts(one=both)))) == 2


def test_errors_come_first_whatever_their_rule() -> None:
    told = findings(app("notes", verdicts(one=broken(P95, FILES), three=broken(SLOW))))
    assert [each.finding.code for each in told] == ["MP101", "MP301", "MP302"]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (kept(), "kept"),
        (kept(P95), "kept"),
        (broken(FILES), "BROKEN (files)"),
        (broken(FILES, MEMORY, FILES), "BROKEN (files, memory)"),
        (broken(TERM), "BROKEN (R12)"),
        (broken(replace(TERM, error_code=None)), "BROKEN (ignores-sigterm)"),
        (broken(replace(TERM, error_code=None, code="MP999")), "BROKEN (MP999)"),
        (RuleVerdict(verdict=Verdict.INCONCLUSIVE, reason="too little"), "inconclusive"),
    ],
)
def test_a_verdict_is_said_with_its_cause_or_code(verdict: RuleVerdict, words: str) -> None:
    assert in_short(verdict) == words


def test_warnings_are_no_cause() -> None:
    assert causes(broken(FILES, P95)) == ("files",)


def test_totals_count_rules_findings_and_reasons() -> None:
    counts = count(REPORTS["several"])
    assert (counts.broken, counts.inconclusive, counts.kept) == (5, 3, 19)
    assert (counts.errors, counts.warnings) == (5, 3)
    assert counts.suppressed == {"thumbnails, made again on a miss": 1, "old search, goes in May": 1}


def test_rules_that_were_not_asked_for_are_not_counted() -> None:
    only_one = replace(REPORTS["files"], apps=(app("notes", {Rule.ONE: broken(FILES)}),))
    counts = count(only_one)
    assert (counts.broken, counts.inconclusive, counts.kept) == (1, 0, 0)


def test_a_long_list_says_how_many_more() -> None:
    assert listed("abcde", 3) == "a, b, c and 2 more"
    assert listed("abc", 3) == "a, b, c"
