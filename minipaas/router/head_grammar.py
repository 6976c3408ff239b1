"""What request heads and response heads have in common: the grammar of header lines (RFC 9112 5).

A *block* is the header lines of one head as they came, from the newline that ends the first line to the CRLF
that ends the last header: `\\nHost: a\\r\\nAccept: */*\\r\\n`. So every header starts after a newline, and each
regular expression here begins with that literal, which `re` finds at the speed of memchr.
"""

import re
from collections.abc import Iterable, Sequence

from minipaas.limits import HEADER_COUNT, HEADER_NAME_BYTES

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
#: A value holds no control character but the tab: no bare CR, no NUL, and no folding, as a line must have a name.
VALUE = rb"[\t -~\x80-\xff]"
_BLOCK = re.compile(rb"\n(?:" + TOKEN + rb"++:" + VALUE + rb"*+\r\n)*+")
_TOKEN = re.compile(TOKEN + rb"+")
_BARE_NEWLINE = re.compile(rb"(?<!\r)\n")
_LENGTH = re.compile(rb"[0-9]{1,18}")
#: Meant for the next hop alone, so never passed on (RFC 9110 7.6.1; vegur drops the same).
HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te"))
#: What a `Connection` header may list without our taking the header of that name out.
_KEPT_THOUGH_LISTED = frozenset(
    b"close keep-alive upgrade host content-length transfer-encoding via te"
    b" x-forwarded-for x-forwarded-proto x-forwarded-port x-request-id x-request-start".split()
)


def well_formed(block: bytes) -> bool:
    """Whether every line of a block is `name: value` in RFC 9112's strict grammar."""
    return _BLOCK.fullmatch(block) is not None


def has_bare_newline(data: bytes | bytearray, start: int = 0) -> bool:
    """Whether some line from `start` on ends in LF alone, which ours never do."""
    return _BARE_NEWLINE.search(data, start) is not None


def is_token(text: bytes) -> bool:
    """Whether `text` is an RFC 9110 token."""
    return _TOKEN.fullmatch(text) is not None


def content_length(values: Iterable[bytes]) -> int | None:
    """The one length all `Content-Length` lines agree on; None when they do not, or are no plain number.

    At most 18 digits: what no counter of 64 bits on the way can overflow.
    """
    lengths = set(values)
    if len(lengths) != 1:
        return None
    (text,) = lengths
    return int(text) if _LENGTH.fullmatch(text) else None


def lines(block: bytes) -> list[bytes]:
    """The header lines of a block, without line ends."""
    return block[1:].split(b"\r\n")[:-1]


def within(block: bytes, line_bytes: int) -> bool:
    """Whether a request's header lines keep to the router's limits on line, name and count."""
    if len(block) <= HEADER_NAME_BYTES:
        return True
    rows = lines(block)
    if len(rows) > HEADER_COUNT:
        return False
    return all(_line_within(row, line_bytes) for row in rows)


def _line_within(row: bytes, line_bytes: int) -> bool:
    name, _, value = row.partition(b":")
    return len(name) <= HEADER_NAME_BYTES and len(value.strip(b" \t")) <= line_bytes


def listing(values: Sequence[bytes]) -> frozenset[bytes]:
    """The lower-case names in `Connection` headers."""
    if not values:
        return frozenset()
    return frozenset(name.strip(b" \t").lower() for value in values for name in value.split(b","))


def listed_spans(block: bytes, names: frozenset[bytes]) -> list[tuple[int, int]]:
    """Where the headers stand that a `Connection` header names for removal, beyond the usual ones."""
    wanted = [re.escape(name) for name in names - _KEPT_THOUGH_LISTED if is_token(name)]
    if not wanted:
        return []
    pattern = re.compile(rb"\n(?i:" + b"|".join(wanted) + rb"):[^\n]*")
    return [(match.start() + 1, match.end() + 1) for match in pattern.finditer(block)]


def cut(block: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The block without its leading newline, with each (start, end) replaced by the bytes beside it."""
    pieces: list[bytes] = []
    at = 1
    for start, end, instead in sorted(edits):
        pieces += (block[at:start], instead)
        at = end
    pieces.append(block[at:])
    return b"".join(pieces)
