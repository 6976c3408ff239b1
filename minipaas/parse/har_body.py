"""Bodies inside a HAR file: forms taken apart, texts decoded. Pure."""

import base64
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, unquote_plus

from minipaas.model.har import HarField

#: A form of more fields is not filled by hand.
MAX_FIELDS = 500
#: Of an answer, this much is looked at.
MAX_TEXT = 2 * 1024 * 1024
_TEXT = re.compile(r"text/|application/(.*\+)?(json|xml|javascript|x-www-form-urlencoded|graphql)", re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})', re.IGNORECASE)
_DISPOSITION = re.compile(r'\b(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_TYPE = re.compile(r"^content-type:\s*(\S+)", re.IGNORECASE | re.MULTILINE)

#: A parameter as a HAR file gives it: name, value, file name, type.
Param = tuple[str, str, str | None, str]


def post_text(text: str, encoding: str) -> str:
    """What was sent; a recording of our own marks what was no text, and of that each byte becomes a character."""
    return _from_base64(text, "latin-1") if encoding == "base64" else text


def answer_text(kind: str, text: str, encoding: str) -> str:
    """What came back; empty where it is no text."""
    if not _TEXT.match(kind):
        return ""
    return (_from_base64(text, "utf-8") if encoding == "base64" else text)[:MAX_TEXT]


def _from_base64(text: str, charset: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode(charset, "replace")
    except ValueError:
        return ""


def form_fields(kind: str, text: str, params: Sequence[Param]) -> tuple[HarField, ...]:
    """The fields of a form, by the body itself; by the parameters where the file does not hold the body."""
    base = kind.partition(";")[0].strip().lower()
    if base == "application/x-www-form-urlencoded":
        if text:
            # Not `max_num_fields`: it raises, and what is behind the most can be left out.
            return tuple(
                HarField(name, value) for name, value in parse_qsl(text, keep_blank_values=True)[:MAX_FIELDS]
            )
        # Some browsers write them as they were sent, some as they were typed; a typed `%` or `+` is rare.
        return tuple(HarField(unquote_plus(name), unquote_plus(value)) for name, value, _, _ in params[:MAX_FIELDS])
    if base == "multipart/form-data":
        boundary = _BOUNDARY.search(kind)
        found = tuple(_parts(text, boundary[1])) if boundary and text else ()
        return (found or tuple(HarField(*param) for param in params))[:MAX_FIELDS]
    return ()


def _parts(text: str, boundary: str) -> Iterator[HarField]:
    for part in text.split(f"--{boundary}")[1 : MAX_FIELDS + 1]:
        head, blank, body = part.partition("\r\n\r\n")
        words = {name.lower(): value for name, value in _DISPOSITION.findall(head)}
        if not blank or "name" not in words:
            continue
        kind = _TYPE.search(head.replace("\r\n", "\n"))
        yield HarField(words["name"], body.removesuffix("\r\n"), words.get("filename"), kind[1] if kind else "")
