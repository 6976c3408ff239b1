"""The report for scripts: the contract, the schema, and any text survives."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from minipaas.model.verdict import Report
from minipaas.report.as_json import as_json
from tests.report.golden import assert_golden
from tests.report.samples import FILES, HOSTILE, REPORTS
from tests.report.strangers import reports

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text("utf-8"))


def closed(schema: Any) -> Any:
    """The same schema, but no key that it does not name is allowed."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(each) for key, each in schema.items()}
    if "properties" in found and found.get("type") == "object":
        found["additionalProperties"] = False
    return found


VALIDATOR = Draft202012Validator(closed(deepcopy(SCHEMA)))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", REPORTS)
def test_it_fits_the_schema_and_the_schema_names_every_key(name: str) -> None:
    VALIDATOR.validate(json.loads(as_json(REPORTS[name])))


@pytest.mark.parametrize("name", ["files", "never-up", "suppressed"])
def test_it_is_as_it_was(name: str) -> None:
    assert_golden(f"{name}.json", as_json(REPORTS[name]))


def test_it_has_what_the_contract_promises() -> None:
    document = json.loads(as_json(REPORTS["files"]))
    assert {"schema_version": 1, "seed": 7, "duration_s": 21.4}.items() <= document.items()
    app = document["apps"][0]
    assert (app["app"], app["release"]) == ("guestbook", "v1")
    finding = app["rules"]["one"]["findings"][0]
    promised = ("code", "severity", "cause", "error_code", "process_type", "message", "help", "repeat")
    assert {key: finding[key] for key in promised} == {
        "code": "MP101",
        "severity": "error",
        "cause": "files",
        "error_code": None,
        "process_type": "web",
        "message": FILES.message,
        "help": FILES.help,
        "repeat": FILES.repeat,
    }
    assert finding["evidence"] == list(FILES.evidence)
    assert app["rules"]["two"]["verdict"] == "kept"
    assert app["rules"]["two"]["findings"] == []
    assert (
        app["coverage"].items()
        >= {
            "pages": 4,
            "forms": 1,
            "routes_exercised": 5,
            "routes_known": 5,
            "live_markers": 3,
            "faults": 12,
        }.items()
    )


def test_texts_are_as_the_app_gave_them() -> None:
    told = json.loads(as_json(REPORTS["strange"]))["apps"][0]["last_lines"][0]
    assert told == HOSTILE.replace("\udc80", "\ufffd").replace("\ufffe", "\ufffd")


@settings(max_examples=60, deadline=None)
@given(reports)
def test_any_text_makes_a_document_that_fits_the_schema(strange: Report) -> None:
    text = as_json(strange)
    VALIDATOR.validate(json.loads(text.encode()))
