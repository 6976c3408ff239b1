"""Labels of the corpus: read, and checked against their schema."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RULES = ("one", "two", "three")
VERDICTS = {"broken", "kept", "inconclusive", "either"}
CAUSES = {"files", "memory", "boot-secret", "file-secret", "affinity", None}
ERROR_CODES = {"R10", "R12", "H10", "H12", None}
KEYS = {"app", "twin", "framework", "category", "rules", "cause", "error_code", "warnings", "note"}
DEPENDENCY_FILES = ("requirements.txt", "package-lock.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a fair judge says of one app."""

    folder: Path
    app: str
    twin: str
    framework: str
    category: str
    rules: dict[str, str]
    cause: str | None
    error_code: str | None
    warnings: list[str]
    note: str

    @property
    def clean(self) -> bool:
        """Nothing to find: no rule broken, no warning due."""
        return "broken" not in self.rules.values() and not self.warnings

    @property
    def dependencies(self) -> bytes:
        """The file that pins what is installed."""
        return next((self.folder / name).read_bytes() for name in DEPENDENCY_FILES if (self.folder / name).exists())

    @property
    def formation(self) -> dict[str, str]:
        """Commands of the Procfile by process type."""
        lines = (self.folder / "Procfile").read_text().splitlines()
        return {kind: command.strip() for kind, _, command in (line.partition(":") for line in lines if line.strip())}

    @property
    def app_json(self) -> dict[str, Any]:
        """The manifest."""
        return dict(json.loads((self.folder / "app.json").read_text()))

    def files(self) -> dict[str, bytes]:
        """Everything of the app but its label, by path."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths if path.name != "label.yml"}


def read(part: str) -> list[Label]:
    """All labels under `apps`, `heldout` or `unseen`, by name of the app."""
    folders = sorted(path.parent for path in (HERE / part).glob("*/label.yml"))
    return [Label(folder=folder, **yaml.safe_load((folder / "label.yml").read_text())) for folder in folders]


def faults(label: Label) -> list[str]:
    """What is wrong with a label, in words."""
    checks = {
        "named after its folder": label.app == label.folder.name,
        "a twin beside it": (label.folder.parent / label.twin / "label.yml").exists(),
        "a category": bool(re.fullmatch(r"[PNRW]\d{1,2}", label.category)),
        "a verdict for each rule": tuple(label.rules) == RULES and set(label.rules.values()) <= VERDICTS,
        "a known cause": label.cause in CAUSES,
        "a cause exactly if rule one is broken": (label.cause is not None) == (label.rules.get("one") == "broken"),
        "a known error code": label.error_code in ERROR_CODES,
        "an error code only with a break": label.error_code is None or "broken" in label.rules.values(),
        "codes as warnings": all(re.fullmatch(r"MP\d{3}", code) for code in label.warnings),
        "one sentence of a note": len(label.note) > 20 and label.note.endswith("."),
    }
    return [f"{label.app}: not {what}" for what, good in checks.items() if not good]
