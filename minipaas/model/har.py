"""What a HAR file tells of a browser's doings: requests and answers, in the order in which they were made."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HarField:
    """One field of a form that was sent; `file` is the name of an upload, None for a text."""

    name: str
    value: str
    file: str | None = None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarEntry:
    """One request and its answer. `at` is its number in the file; `status` 0 means that no answer came.

    `text` and `answer` are empty where the file does not hold them, or where they are no text. `app` is the app's
    name in a recording of minipaas's own router.
    """

    at: int
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    text: str = ""
    fields: tuple[HarField, ...] = ()
    status: int = 0
    answer_headers: tuple[tuple[str, str], ...] = ()
    answer_kind: str = ""
    answer: str = ""
    location: str = ""
    app: str = ""

    def header(self, name: str) -> str:
        """A header of the request; empty where it has none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Har:
    """A file. `left_out` counts what is no HTTP request, by why."""

    entries: tuple[HarEntry, ...]
    left_out: dict[str, int] = field(default_factory=dict)
