"""A finding is the same finding in another run."""

from dataclasses import replace

import pytest

from minipaas.report.identity import fingerprint
from tests.report.samples import FILES, MEMORY


def test_a_fingerprint_is_the_same_whatever_the_run_said() -> None:
    again = replace(FILES, message="other words", evidence=("9.99 s  bob  GET /",), repeat="--seed 8", place=None)
    assert fingerprint("notes", again) == fingerprint("notes", FILES)


def test_the_fingerprint_of_a_known_finding_never_changes() -> None:
    assert fingerprint("guestbook", FILES) == "de703e58182acc73"


@pytest.mark.parametrize(
    ("app", "finding"),
    [
        ("other", FILES),
        ("notes", MEMORY),
        ("notes", replace(FILES, code="MP102")),
        ("notes", replace(FILES, process_type="worker")),
        ("notes", replace(FILES, subject="POST /comments")),
    ],
)
def test_another_app_code_process_type_or_subject_has_another(app: str, finding: object) -> None:
    assert fingerprint(app, finding) != fingerprint("notes", FILES)  # type: ignore[arg-type]


def test_parts_do_not_run_into_one_another() -> None:
    one = replace(FILES, process_type="web", subject="1")
    other = replace(FILES, process_type="web1", subject="")
    assert fingerprint("a", one) != fingerprint("a", other)


def test_undecodable_bytes_have_a_fingerprint() -> None:
    assert len(fingerprint("a\udc80", FILES)) == 16
