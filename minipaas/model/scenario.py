"""A scenario: how an app is used, as its author wrote it down for `minipaas chaos --scenario`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: Who does a step that names nobody, in a file that names nobody.
FIRST_USER = "alice"


class PickKind(StrEnum):
    """Where in an answer a value is looked for."""

    JSON = "json"
    CSS = "css"
    REGEX = "regex"
    HEADER = "header"
    COOKIE = "cookie"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Pick:
    """One value of an answer: a dotted path into JSON, a CSS selector, a regular expression's first group, a name.

    `attribute` of the selected element is meant; empty for its text.
    """

    kind: PickKind
    where: str
    attribute: str = ""


class Unique(StrEnum):
    """Kinds of values nobody has typed before."""

    TEXT = "text"
    NUMBER = "number"
    EMAIL = "email"
    URL = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is sent: text, a picture, or one that lies beside the scenario; `tail` is put behind it."""

    name: str = ""
    type: str = ""
    content: str = ""
    #: The unique value that a one-pixel PNG carries.
    picture: str = ""
    path: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a good answer is. `status` is of the request itself, the texts are of where its redirects lead.

    `still` is what earlier steps made: it is read twice, so that it is asked of both dynos where there are two.
    """

    status: int | None = None
    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    still: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """All that has to be there."""
        return (*self.contains, *self.still)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStep:
    """One request. Texts hold `${name}` for a unique value or one captured earlier; `line` is the step's own."""

    line: int
    user: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    #: Whatever JSON can say; None when no JSON is sent.
    json: Any = None
    body: str | None = None
    files: Mapping[str, Upload] = field(default_factory=dict)
    capture: Mapping[str, Pick] = field(default_factory=dict)
    expect: Expect | None = None
    #: Part of becoming known to the app; None where the file does not say.
    session: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The whole file. `host` None: the name under which the app answers is found out."""

    steps: tuple[ScenarioStep, ...]
    host: str | None = None
    users: tuple[str, ...] = (FIRST_USER,)
    unique: Mapping[str, Unique] = field(default_factory=dict)
