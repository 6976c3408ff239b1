"""An OpenAPI description read as things to do: create, read by id, list, change, delete. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minipaas.chaos.markers import PASSWORD, Marker, number_marker, text_marker

#: Where frameworks serve it.
PLACES = (
    "/openapi.json",
    "/swagger.json",
    "/api/openapi.json",
    "/api/swagger.json",
    "/api-docs.json",
    "/v3/api-docs",
)
_LOGIN = re.compile(r"log.?in|sign.?in|token|session|auth", re.IGNORECASE)
#: Under these names an answer hands out what later requests prove themselves with.
TOKENS = ("access_token", "token", "jwt", "id_token", "auth_token", "bearer")
_NAMES = re.compile(r"user|name|login|nick|handle|account", re.IGNORECASE)
_METHODS = ("post", "get", "put", "patch", "delete")
#: Nothing real is deeper; a schema that refers to itself is.
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `schema` is its body's, None when it takes none; `form` bodies are no JSON."""

    method: str
    path: str
    schema: Mapping[str, Any] | None
    query: tuple[Mapping[str, Any], ...] = ()
    form: bool = False

    @property
    def makes_known(self) -> int:
        """1 for what registers, 2 for what logs in, 0 for everything else."""
        fields = set(self.schema.get("properties") or {}) if self.schema else set()
        if self.method != "POST" or not any("pass" in name.lower() for name in fields):
            return 0
        return 2 if _LOGIN.search(self.path) else 1

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the path, in order."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def pattern(self) -> str:
        """The path with each parameter as `*`."""
        return re.sub(r"\{\w+\}", "*", self.path)

    @property
    def collection(self) -> str:
        """The path up to its first parameter: what an item of it is created in."""
        return self.path.partition("/{")[0].rstrip("/") or "/"


def operations(spec: Any) -> tuple[Operation, ...]:
    """All operations, creations first, deletions last; nothing of a spec that makes no sense."""
    if not isinstance(spec, dict) or not isinstance(spec.get("paths"), dict):
        return ()
    return ordered(_operations(spec))


def ordered(found: Iterable[Operation]) -> tuple[Operation, ...]:
    """As a client would: creations first, deletions last."""
    return tuple(sorted(found, key=_order))


def _order(each: Operation) -> tuple[int, int, int]:
    """Creations first, and of these who one is before what one makes."""
    return _METHODS.index(each.method.lower()), (each.makes_known or 3), len(each.parameters)


def _operations(spec: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in spec["paths"].items():
        if not isinstance(item, dict):
            continue
        for method in _METHODS:
            described = item.get(method)
            if isinstance(described, dict):
                shared = item.get("parameters") or []
                parameters = [_resolved(spec, each) for each in (*shared, *(described.get("parameters") or []))]
                schema, form = _body_schema(spec, described)
                yield Operation(
                    method.upper(),
                    str(path),
                    schema,
                    tuple(each for each in parameters if each.get("in") == "query" and each.get("required")),
                    form,
                )


def _body_schema(spec: Mapping[str, Any], described: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, bool]:
    content = _resolved(spec, described.get("requestBody") or {}).get("content") or {}
    for kind, media in content.items():
        if isinstance(media, dict) and ("json" in kind or "urlencoded" in kind):
            return _expanded(spec, media.get("schema") or {}, _DEPTH), "urlencoded" in kind
    return None, False


def credentials(schema: Mapping[str, Any], name: Marker) -> dict[str, Any]:
    """The body by which that user registers or logs in: the name wherever one is asked for, always one password."""
    body: dict[str, Any] = {}
    for field, each in (schema.get("properties") or {}).items():
        if "pass" in field.lower():
            body[field] = PASSWORD
        elif "mail" in field.lower():
            body[field] = f"{name.token}@example.com"
        elif _NAMES.search(field):
            body[field] = name.token
        elif field in (schema.get("required") or ()):
            body[field], _ = example(each, 1, field)
    return body


def _resolved(spec: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    for _ in range(_DEPTH):
        if not isinstance(value, dict):
            return {}
        reference = value.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return value
        target: Any = spec
        for part in reference[2:].split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
        value = target
    return {}


def _expanded(spec: Mapping[str, Any], schema: Any, depth: int) -> Mapping[str, Any]:
    """The schema with its references put in."""
    known = dict(_resolved(spec, schema))
    if depth == 0:
        return {}
    for part in ("allOf", "anyOf", "oneOf"):
        options = [_expanded(spec, each, depth - 1) for each in known.pop(part, []) or []]
        chosen = options if part == "allOf" else [each for each in options if each.get("type") != "null"][:1]
        for each in chosen:
            known = {**each, **known, "properties": {**each.get("properties", {}), **known.get("properties", {})}}
    if isinstance(known.get("properties"), dict):
        known["properties"] = {name: _expanded(spec, each, depth - 1) for name, each in known["properties"].items()}
    if isinstance(known.get("items"), dict):
        known["items"] = _expanded(spec, known["items"], depth - 1)
    return known


def example(schema: Mapping[str, Any], serial: int, name: str = "") -> tuple[Any, tuple[Marker, ...]]:
    """A value of that schema, with the markers in it."""
    if schema.get("enum"):
        return schema["enum"][-1], ()
    kind = schema.get("type") or ("object" if schema.get("properties") else "string")
    kind = next((each for each in kind if each != "null"), "string") if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, serial)
    if kind == "array":
        value, markers = example(schema.get("items") or {}, serial, name)
        return [value], markers
    if kind in ("integer", "number"):
        low, high = _bound(schema, "minimum", 0), _bound(schema, "maximum", 99_999)
        marker = number_marker(serial, low, high)
        return (int(marker.token), (marker,)) if marker else (min(low + 1, high), ())
    if kind == "boolean":
        return True, ()
    return _string(schema, serial, name)


def _object(schema: Mapping[str, Any], serial: int) -> tuple[Any, tuple[Marker, ...]]:
    value: dict[str, Any] = {}
    markers: tuple[Marker, ...] = ()
    for offset, (name, each) in enumerate((schema.get("properties") or {}).items()):
        if isinstance(each, dict) and not each.get("readOnly"):
            value[name], more = example(each, serial + offset, name)
            markers += more
    return value, markers


def _string(schema: Mapping[str, Any], serial: int, name: str) -> tuple[str, tuple[Marker, ...]]:
    marker = text_marker(serial)
    form = str(schema.get("format") or "")
    if form == "number":
        number = number_marker(serial, _bound(schema, "minimum", 0), _bound(schema, "maximum", 99_999))
        return (number.token, (number,)) if number else (str(_bound(schema, "minimum", 0) + 1), ())
    if form == "password" or "password" in name.lower():
        return PASSWORD, ()
    fixed = {
        "email": f"{marker.token}@example.com",
        "uri": f"https://example.com/{marker.token}",
        "url": f"https://example.com/{marker.token}",
        "uuid": f"0000{serial % 10_000:04d}-1111-4222-8333-444455556666",
        "date": "2031-03-17",
        "date-time": "2031-03-17T10:15:00Z",
    }
    value = fixed.get(form) or (fixed["email"] if "email" in name.lower() else marker.token)
    short = schema.get("maxLength")
    if isinstance(short, int) and len(value) > short:
        return value[:short], ()
    long = schema.get("minLength")
    while isinstance(long, int) and len(value) < min(long, 10_000):
        value += f" {marker.token}"
    return value, (marker,) if marker.token in value else ()


def _bound(schema: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = schema.get(key)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(\.\d+)?", value):
        return int(float(value))
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
