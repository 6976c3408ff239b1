"""Strangers' text made harmless: apps print what they like, and reports are read in terminals, browsers and CI."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

#: Colours, cursor movements, titles and links of terminals (ECMA-48 CSI, OSC, and two-byte escapes).
_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\-~]")
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
#: Other controls, and those that turn the direction of text round, so that it reads as what it is not.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
#: Halves of surrogate pairs, which no encoding takes, and the two that XML forbids.
_NOT_TEXT = re.compile(r"[\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """One line without controls: line ends and tabs become spaces, other controls are spelled out (`\\x07`)."""
    text = _SPACES.sub(" ", _ESCAPES.sub("", text))
    return encodable(_CONTROLS.sub(_spelled, text))


def encodable(text: str) -> str:
    """The same text, in which what cannot be encoded is the replacement character."""
    return _NOT_TEXT.sub("\ufffd", text)


def clipped(text: str, limit: int) -> str:
    """Its beginning, and how much was left out, when it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"


def cleaned(value: T, clean: Callable[[str], str]) -> T:
    """A value of dataclasses, tuples and mappings with `clean` applied to each text in it, but for enums."""
    return _cleaned(value, clean)  # type: ignore[no-any-return]


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(each, clean) for each in value)
    if isinstance(value, Mapping):
        return {key: _cleaned(each, clean) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _cleaned(getattr(value, each.name), clean) for each in fields(value)})
    return value


def _spelled(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
