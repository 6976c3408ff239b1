"""What a page's scripts send when a user does something: method, path, and the keys of the body. Pure.

There is no browser. A script is read for calls that name a path together with a method, whoever's function it is:
`fetch("/x", {method: "POST"})`, `axios.post("/x", {...})`, `request.open("POST", "/x")`, `api("/x", "POST", {...})`.
What a key holds is a user's, unless the script says it in so many letters.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from minipaas.chaos.openapi import Operation, ordered
from minipaas.chaos.page import Field

#: Of one script; what is longer is a library.
_LONGEST_SCRIPT = 200_000
_LONGEST_CALL = 4_000
_MOST_NESTED = 4
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CALLED = re.compile(r"(?<![\w$])([\w$]+(?:\.[\w$]+)*)\s*\(")
_TEXT = re.compile(r"""^(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`([^`]*)`)$""", re.DOTALL)
_NUMBER = re.compile(r"\bNumber\(|\bparseInt\(|\bparseFloat\(|valueAsNumber|^\+")
_TRUTH = re.compile(r"\.checked\b|^!|\bBoolean\(")
_FROM_FIELDS = re.compile(r"\bFormData\(|fromEntries\(|\.serialize(?:Array)?\(")
_OPEN, _CLOSE = "([{", ")]}"


def calls_in(script: str, page: str, fields: Sequence[Field]) -> tuple[Operation, ...]:
    """What a script on the page of that path calls, in the order in which a client would.

    Args:
        fields: of that page, in forms or not: what a body that names no keys is made of.
    """
    reader = _Reader(script[:_LONGEST_SCRIPT], page, fields)
    found: dict[tuple[str, str], Operation] = {}
    for operation in reader.operations():
        known = found.get((operation.method, operation.pattern))
        if known is None or (known.schema is None and operation.schema is not None):
            found[operation.method, operation.pattern] = operation
    return ordered(found.values())


class _Reader:
    def __init__(self, script: str, page: str, fields: Sequence[Field]) -> None:
        self._script = script
        self._page = page
        self._fields = fields

    def operations(self) -> Iterator[Operation]:
        for match in _CALLED.finditer(self._script):
            arguments = split(_inside(self._script, match.end()))
            if arguments:
                operation = self._operation(match[1], arguments, match.end())
                if operation is not None:
                    yield operation

    def _operation(self, called: str, arguments: list[str], at: int) -> Operation | None:
        options = next((named for each in arguments if (named := properties(each))), {})
        method = _method(called, arguments, options)
        places = [each for each in (*arguments[:2], options.get("url", "")) if _plain(each) not in _METHODS]
        path = next((path for each in places if (path := self._path(each))), None)
        if method is None or path is None:
            return None
        body = None if method == "GET" else self._body(called, arguments, options, at)
        schema, form = self._schema(body) if body else (None, False)
        return Operation(method, path, schema, form=form)

    # Where it goes.

    def _path(self, code: str) -> str | None:
        path = "".join(self._piece(each) for each in split(code, "+"))
        path = re.sub(r"^\{\w+\}(?=/)", "", path).partition("#")[0]
        if "{" in path.partition("?")[2]:
            path = path.partition("?")[0]
        if not re.match(r"/(?!/)|\./|[\w-]+/", path):
            return None
        return re.sub(r"%7B(\w+)%7D", r"{\1}", urljoin(self._page, path)) or None

    def _piece(self, code: str, depth: int = 0) -> str:
        """A text as it is, a constant as what it holds, everything else as a parameter."""
        text = _plain(code)
        if text is not None:
            return re.sub(r"\$\{([^}]*)\}", lambda found: self._piece(found[1].strip(), depth + 1), text)
        value = self._constant(code) if depth < _MOST_NESTED else None
        if value is not None and _plain(value) is not None:
            return self._piece(value, depth + 1)
        words = re.findall(r"[A-Za-z_]\w*", code)
        return f"{{{words[-1] if words else 'id'}}}"

    def _constant(self, name: str) -> str | None:
        """What the script assigns to a name, as code."""
        if not re.fullmatch(r"[\w$]+", name):
            return None
        found = re.search(rf"(?<![\w$.]){re.escape(name)}\s*=(?![=>])\s*", self._script)
        return _statement(self._script, found.end()) if found else None

    # What it brings.

    def _body(self, called: str, arguments: list[str], options: Mapping[str, str], at: int) -> str | None:
        named = next((options[key] for key in ("body", "data", "json") if key in options), None)
        if named is not None:
            return named
        if called.endswith(".open"):
            sent = re.search(r"\.send\s*\(", self._script[at : at + _LONGEST_CALL])
            return _inside(self._script, at + sent.end()) if sent else None
        rest = [each for each in arguments[1:] if _plain(each) is None]
        is_options = called.rpartition(".")[2] == "fetch" or "method" in options or "type" in options
        return rest[0] if rest and not is_options else None

    def _schema(self, code: str, depth: int = 0) -> tuple[Mapping[str, Any] | None, bool]:
        """With whether it goes as a form's fields."""
        inner = re.match(r"\s*(?:JSON\.stringify|(new\s+URLSearchParams))\s*\(", code)
        if inner:
            schema, form = self._schema(_inside(code, inner.end()), depth)
            return schema, bool(inner[1]) or (form and inner[1] is not None)
        named = properties(code)
        if named:
            return self._object(named), False
        constant = self._constant(code.strip()) if depth < _MOST_NESTED else None
        if constant is not None:
            return self._schema(constant, depth + 1)
        if not code.strip() or _plain(code.strip()) is not None:
            return None, False
        of_page = {field.name: _of_field(field) for field in self._fields}
        as_form = bool(_FROM_FIELDS.search(code)) and "fromEntries" not in code
        return ({"type": "object", "properties": of_page} if of_page else None), as_form

    def _object(self, named: Mapping[str, str]) -> Mapping[str, Any]:
        return {"type": "object", "properties": {key: self._value(key, code) for key, code in named.items()}}

    def _value(self, key: str, code: str) -> Mapping[str, Any]:
        try:
            return {"enum": [json.loads(code)]}
        except ValueError:
            pass
        text = _plain(code)
        if text is not None and "${" not in text:
            return {"enum": [text]}
        nested = properties(code)
        if nested:
            return self._object(nested)
        if code.startswith("["):
            return {"type": "array", "items": {"type": "string"}}
        if _NUMBER.search(code):
            return {"type": "integer"}
        if _TRUTH.search(code):
            return {"type": "boolean"}
        field = next((each for each in self._fields if self._speaks_of(each, key, code)), None)
        return _of_field(field) if field else {"type": "string"}

    def _speaks_of(self, field: Field, key: str, code: str) -> bool:
        code = f"{code} {self._constant(code) or ''}"
        return field.name == key or re.search(rf"(?<![\w-]){re.escape(field.name)}(?![\w-])", code) is not None


def _method(called: str, arguments: Sequence[str], options: Mapping[str, str]) -> str | None:
    last = called.rpartition(".")[2]
    given = [_plain(each) or "" for each in (*arguments[:3], options.get("method", ""), options.get("type", ""))]
    named = next((each.upper() for each in given if each.upper() in _METHODS), None)
    if named is not None:
        return named
    if "." in called and last.upper() in _METHODS:
        return last.upper()
    return "GET" if last == "fetch" and "method" not in options else None


def _of_field(field: Field) -> Mapping[str, Any]:
    if field.kind in ("number", "range"):
        return {"type": "string", "format": "number", "minimum": field.minimum, "maximum": field.maximum}
    if field.kind in ("select", "radio") and (field.options or field.value):
        return {"enum": [*(each for each in field.options if each)] or [field.value]}
    if field.kind in ("email", "url", "date", "password"):
        return {"type": "string", "format": field.kind}
    return {"type": "string", **({"maxLength": field.max_length} if field.max_length else {})}


def _plain(code: str) -> str | None:
    """What a literal says; None of what is none."""
    found = _TEXT.match(code.strip())
    return next((each for each in found.groups() if each is not None), "") if found else None


def properties(code: str) -> dict[str, str]:
    """An object literal's keys with the code of their values; nothing of what is none."""
    code = code.strip()
    if not (code.startswith("{") and code.endswith("}")):
        return {}
    found: dict[str, str] = {}
    for each in split(code[1:-1]):
        pair = re.match(r"""^["']?([\w$-]+)["']?\s*:\s*(.+)$""", each, re.DOTALL)
        if pair:
            found[pair[1]] = pair[2].strip()
        elif re.fullmatch(r"[\w$]+", each):
            found[each] = each
    return found


def split(code: str, sign: str = ",") -> list[str]:
    """Cut at a sign where it stands outside of all brackets and quotes."""
    pieces, start = [], 0
    for at, depth in _levels(code, 0):
        if depth == 0 and code[at] == sign:
            pieces.append(code[start:at].strip())
            start = at + 1
    pieces.append(code[start:].strip())
    return [each for each in pieces if each]


def _inside(code: str, start: int) -> str:
    """Up to the bracket that closes the one before `start`; nothing where it never closes, or far off."""
    for at, depth in _levels(code, start):
        if depth < 0:
            return code[start:at]
        if at - start > _LONGEST_CALL:
            break
    return ""


def _statement(code: str, start: int) -> str:
    """Up to the end of an assigned value."""
    end = start
    for at, depth in _levels(code, start):
        end = at
        if depth < 0 or (depth == 0 and code[at] in ";,\n") or at - start > _LONGEST_CALL:
            return code[start:at].strip()
    return code[start : end + 1].strip()


def _levels(code: str, start: int) -> Iterator[tuple[int, int]]:
    """Each place outside of quotes, with how many brackets are open there."""
    depth, quote, at = 0, "", start
    while at < len(code):
        sign = code[at]
        if quote:
            at += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign
        else:
            depth += (sign in _OPEN) - (sign in _CLOSE)
            yield at, depth
        at += 1
