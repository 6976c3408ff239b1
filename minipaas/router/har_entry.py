"""One recorded exchange as an entry of a HAR 1.2 file. Pure; it runs beside the loop."""

import base64
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from minipaas.model.request import RequestRecord
from minipaas.router.chunked import BadChunk, ChunkedBody
from minipaas.router.head import VIA
from minipaas.router.tape import BODY_BYTES, Tape

Headers = list[dict[str, str]]
_TEXT = re.compile(r"text/|application/(.*\+)?(json|xml|javascript|x-www-form-urlencoded|graphql)", re.IGNORECASE)
_CHARSET = re.compile(r'charset="?([A-Za-z0-9_.:-]+)', re.IGNORECASE)


def entry(tape: Tape, record: RequestRecord) -> dict[str, Any]:
    """The entry; what HAR has no name for begins with `_`, as it asks for."""
    started = datetime.fromtimestamp(record.started_at, UTC)
    service = record.service_ms if record.service_ms is not None else 0
    connect = record.connect_ms if record.connect_ms is not None else 0
    made = {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": connect + service,
        "request": _request(tape, record),
        "response": _response(tape, record),
        "cache": {},
        "timings": {
            "blocked": -1,
            "dns": -1,
            "connect": connect,
            "send": 0,
            "wait": service,
            "receive": 0,
            "ssl": -1,
        },
        "_app": record.app,
        "_dyno": record.dyno,
    }
    return {**made, "_error": record.code} if record.code else made


def _request(tape: Tape, record: RequestRecord) -> dict[str, Any]:
    headers = _headers(tape.fields.replace(b"Via: %b\r\n" % VIA, b""))
    query = record.path.partition("?")[2]
    made = {
        "method": record.method,
        "url": f"{'https' if tape.https else 'http'}://{record.host}{record.path}",
        "httpVersion": f"HTTP/1.{tape.minor}",
        "cookies": _cookies(headers),
        "headers": headers,
        "queryString": [{"name": k, "value": v} for k, v in parse_qsl(query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": tape.length or (-1 if tape.chunked_request else 0),
    }
    body = _unchunked(tape.request) if tape.chunked_request else bytes(tape.request[: tape.length])
    return {**made, "postData": _post_data(_value(headers, "content-type"), body)} if body else made


def _post_data(kind: str, body: bytes) -> dict[str, Any]:
    """The body; HAR has no word for one that is no text."""
    try:
        return {"mimeType": kind, "params": [], "text": body.decode()}
    except UnicodeDecodeError:
        return {"mimeType": kind, "params": [], "text": base64.b64encode(body).decode(), "_encoding": "base64"}


def _response(tape: Tape, record: RequestRecord) -> dict[str, Any]:
    """What the client got; where the router answered itself, no more than the status."""
    line, _, block = tape.head.partition(b"\r\n")
    headers = _headers(block)
    whole = bool(tape.head)
    return {
        "status": record.status or 0,
        "statusText": line.decode("latin-1").partition(" ")[2].partition(" ")[2],
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "content": _content(tape, headers) if whole else {"size": 0, "mimeType": "x-unknown"},
        "redirectURL": _value(headers, "location"),
        "headersSize": -1,
        "bodySize": tape.received_bytes,
    }


def _content(tape: Tape, headers: Headers) -> dict[str, Any]:
    kind = _value(headers, "content-type")
    content: dict[str, Any] = {"size": tape.received_bytes, "mimeType": kind or "x-unknown"}
    if not tape.response:
        return content
    if not _TEXT.match(kind):
        return {**content, "comment": "no text, and not kept"}
    body = _unchunked(tape.response) if tape.chunked_answer else bytes(tape.response)
    plain = _decoded(body, _value(headers, "content-encoding").lower())
    if plain is None:
        return {**content, "comment": "compressed in a way that is not read here"}
    content |= {"text": _text(plain, kind)}
    return {**content, "comment": f"the first {BODY_BYTES} bytes"} if tape.received_bytes > BODY_BYTES else content


def _decoded(body: bytes, encoding: str) -> bytes | None:
    """Without its content coding, as far as it goes; None for a coding that is not known."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return None
    try:
        return zlib.decompressobj(47).decompress(body, 4 * BODY_BYTES)
    except zlib.error:
        return None


def _text(body: bytes, kind: str) -> str:
    charset = _CHARSET.search(kind)
    try:
        return body.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _unchunked(body: bytearray) -> bytes:
    """The data of a chunked body that may be cut anywhere."""
    payload: list[bytes] = []
    with suppress(BadChunk):
        ChunkedBody(payload).feed(bytes(body))
    return b"".join(payload)


def _headers(block: bytes) -> Headers:
    pairs = (line.partition(b":") for line in block.split(b"\r\n") if b":" in line)
    return [{"name": name.decode("latin-1"), "value": value.strip().decode("latin-1")} for name, _, value in pairs]


def _value(headers: Sequence[dict[str, str]], name: str) -> str:
    return next((each["value"] for each in headers if each["name"].lower() == name), "")


def _cookies(headers: Headers) -> Headers:
    pairs = (pair.strip().partition("=") for pair in _value(headers, "cookie").split(";") if "=" in pair)
    return [{"name": name, "value": value} for name, _, value in pairs]
