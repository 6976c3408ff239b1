"""A loss: what kind of expectation was not met, and where. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Symptom(StrEnum):
    """What kind of expectation was not met, strongest first."""

    MARKER = "marker"
    RETURNED = "returned"
    TWICE = "twice"
    STATUS = "status"
    MISSING = "missing"
    TOLD = "told"
    LINE = "line"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One expectation that was not met. `write` is the step that made what was lost, None when no write did."""

    symptom: Symptom
    write: int | None
    read: int
    at: int
    client: str
    pattern: str
    expected: str
    seen: str

    @property
    def identity(self) -> tuple[Symptom, int | None, int]:
        """What makes it the same loss in another play."""
        return self.symptom, self.write, self.read
