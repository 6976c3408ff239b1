"""The quotes service, known by its URL alone."""

import json
import os
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SECONDS_TO_WAIT = 5


class NoQuotes(Exception):
    """The service does not answer as it should."""


def topics() -> list[str]:
    """What there are quotes on."""
    return _ask("/topics")


def by_topic(topic: str) -> list[dict]:
    """The quotes on a topic; all of them if it is empty."""
    return _ask("/quotes?" + urlencode({"topic": topic}) if topic else "/quotes")


def by_number(number: int) -> dict | None:
    """One quote, if there is such a one."""
    return _ask(f"/quotes/{number}")


def _ask(path: str):
    base = os.environ.get("QUOTES_URL", "")
    if not base:
        raise NoQuotes("QUOTES_URL is not set")
    try:
        with urlopen(Request(base.rstrip("/") + path), timeout=SECONDS_TO_WAIT) as answer:
            return json.load(answer)
    except HTTPError as error:
        if error.code == 404:
            return None
        raise NoQuotes(f"it answered {error.code}") from error
    except OSError as error:
        raise NoQuotes(f"it does not answer: {error}") from error
