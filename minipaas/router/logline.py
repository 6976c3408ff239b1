"""A request record as Heroku's router logs it (router 2.0's order of words)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipaas.model.request import RequestRecord


#: What could end a quoted value, a bare word, or the line; or colour a terminal.
_UNSAFE_QUOTED = re.compile(r"[^ !#-\[\]-~]")
_UNSAFE_WORD = re.compile(r"[^!#-\[\]-~]")


def line(record: "RequestRecord") -> str:
    """The line without time and source: `at=info method=GET path="/" host=... tls=false`.

    No value can forge another word or line: a client chose path and host.
    """
    # Built in one piece: at ten thousand requests a second this is the router's dearest formatting.
    return (
        f"{_trouble(record) if record.at != 'info' or record.code else 'at=info'} method={record.method}"
        f' path="{_quote(record.path)}" host={_word(record.host)} request_id={record.request_id}'
        f' fwd="{_quote_again(record.fwd)}" dyno={record.dyno} connect={_ms(record.connect_ms)}'
        f" service={_ms(record.service_ms)} status={_count(record.status)} bytes={_count(record.bytes)}"
        f" protocol={record.protocol} tls={'true tls_version=unknown' if record.tls else 'false'}"
    )


def lines(records: "Iterable[RequestRecord]") -> bytes:
    """Lines for many records, each with its newline."""
    return "".join([f"{line(record)}\n" for record in records]).encode()


def _trouble(record: "RequestRecord") -> str:
    words = [f"sock={record.sock}"] if record.sock else []
    words.append(f"at={record.at}")
    if record.code:
        words += [f"code={record.code}", f'desc="{record.desc}"']
    if record.cause:
        words.append(f'cause="{_quote(record.cause)}"')
    return " ".join(words)


def _quote(text: str) -> str:
    return _UNSAFE_QUOTED.sub(_escape, text)


@lru_cache(1024)
def _quote_again(text: str) -> str:
    return _quote(text)


@lru_cache(1024)
def _word(text: str) -> str:
    return _UNSAFE_WORD.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if match.re is _UNSAFE_QUOTED and found in '"\\':
        return f"\\{found}"
    return f"\\x{ord(found):02x}"


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value}ms"


def _count(value: int | None) -> str:
    return "" if value is None else str(value)
