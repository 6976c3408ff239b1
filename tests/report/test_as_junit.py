"""The report for CI: JUnit XML that Jenkins and GitLab read."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings

from minipaas.model.verdict import Report
from minipaas.report.as_junit import as_junit
from tests.report.golden import assert_golden
from tests.report.samples import REPORTS
from tests.report.strangers import reports

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def cases(name: str) -> dict[str, ElementTree.Element]:
    suites = ElementTree.fromstring(as_junit(REPORTS[name]))
    return {case.get("name", "").partition(":")[0]: case for case in suites.iter("testcase")}


@pytest.mark.parametrize("name", REPORTS)
def test_it_fits_what_ci_reads(name: str) -> None:
    SCHEMA.validate(as_junit(REPORTS[name]))


@pytest.mark.parametrize("name", ["several", "strange"])
def test_it_is_as_it_was(name: str) -> None:
    assert_golden(f"{name}.junit.xml", as_junit(REPORTS[name]))


def test_a_broken_rule_is_a_failure_with_message_and_timeline() -> None:
    failure = cases("files")["rule one"].find("failure")
    assert failure is not None
    assert failure.get("type") == "MP101"
    assert failure.get("message", "").startswith("MP101: what alice wrote")
    assert "restart of web.1 with a fresh disk" in (failure.text or "")


def test_an_inconclusive_rule_is_an_error_and_not_skipped() -> None:
    case = cases("never-up")["rule one"]
    error = case.find("error")
    assert error is not None
    assert error.get("message") == "the app never came up"
    assert "reading 90,000 documents" in (case.findtext("system-out") or "")


def test_warnings_and_suppressed_findings_fail_nothing_and_can_be_read() -> None:
    warned, suppressed = cases("warnings")["rule one"], cases("suppressed")["rule one"]
    assert warned.find("failure") is None
    assert "MP110 warning" in (warned.findtext("system-out") or "")
    assert "suppressed (thumbnails, made again on a miss)" in (suppressed.findtext("system-out") or "")


def test_totals_are_those_of_the_cases() -> None:
    suites = ElementTree.fromstring(as_junit(REPORTS["several"]))
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("27", "5", "3")
    assert len(list(suites.iter("failure"))) == 5
    assert len(list(suites.iter("error"))) == 3


@settings(max_examples=60, deadline=None)
@given(reports)
def test_any_text_makes_a_document_that_ci_reads(strange: Report) -> None:
    SCHEMA.validate(as_junit(strange).encode().decode())
