"""What docs/files.md shows is what is said."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from minipaas.errors import FileProblem
from minipaas.model.app import FileWarning
from minipaas.parse.app_json import parse_app_json
from minipaas.parse.dotenv import parse_dotenv
from minipaas.parse.minipaas_yml import parse_minipaas_yml
from minipaas.parse.procfile import parse_procfile

PAGE = (Path(__file__).parents[2] / "docs/files.md").read_text()
EXAMPLES: list[tuple[str, str, str]] = re.findall(r"```(\w+)\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


def no_warnings(text: str) -> tuple[FileWarning, ...]:
    parse_minipaas_yml(text)
    return ()


WARNINGS: dict[str, Callable[[str], tuple[FileWarning, ...]]] = {
    "Procfile": lambda text: parse_procfile(text).warnings,
    "json": lambda text: parse_app_json(text).warnings,
    "sh": lambda text: parse_dotenv(text)[1],
    "yaml": no_warnings,
}


def said(kind: str, text: str) -> str:
    try:
        lines = [str(warning) for warning in WARNINGS[kind](text)]
    except FileProblem as fault:
        notes = [f"also: {note}" for note in getattr(fault, "__notes__", ())]
        lines = [f"error: {fault.message}", f"hint: {fault.hint}", *notes]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(("kind", "text", "shown"), EXAMPLES)
def test_an_example_of_the_page_says_what_the_page_shows(kind: str, text: str, shown: str) -> None:
    assert said(kind, text) == shown


def test_every_example_of_the_page_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```") // 4
    assert {kind for kind, _, _ in EXAMPLES} == set(WARNINGS)
