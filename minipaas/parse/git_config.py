"""The one thing we read of a clone's `.git/config`: where a remote is. Pure."""

import re

_SECTION = r'(?i)\s*\[\s*remote\s+"((?:[^"\\]|\\.)*)"\s*\]'
_URL = r"(?i)\s*url\s*=\s*(.*?)\s*$"
_ESCAPED = {"n": "\n", "t": "\t", "b": "\b"}


def remote_url(text: str, name: str) -> str | None:
    """The last `url` of that remote, as git takes it; None when there is none."""
    inside, found = False, None
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            section = re.match(_SECTION, line) if "remote" in line.lower() else None
            inside = section is not None and _plain(section[1]) == name
        elif inside and (url := re.match(_URL, line)):
            found = _value(url[1])
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda escape: _ESCAPED.get(escape[1], escape[1]), text)


def _value(raw: str) -> str:
    """Git quotes what has `#`, `;` or blanks at an end; outside quotes these begin a comment."""
    value, quoted, at = "", False, 0
    while at < len(raw):
        char = raw[at]
        if char == "\\" and at + 1 < len(raw):
            at += 1
            value += _ESCAPED.get(raw[at], raw[at])
        elif char == '"':
            quoted = not quoted
        elif char in "#;" and not quoted:
            return value.rstrip()
        else:
            value += char
        at += 1
    return value
