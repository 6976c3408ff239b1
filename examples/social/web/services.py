"""The other apps, each known by its URL alone."""

import json
import os
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

SECONDS_TO_WAIT = 5


class Away(Exception):
    """A service does not answer as it should."""


def join(name: str, password: str) -> bool:
    """Whether the name was free."""
    return _ask("PROFILES", "POST", "/people", {"name": name, "password": password}) is not None


def knows(name: str, password: str) -> bool:
    """Whether that is this person's password."""
    return _ask("PROFILES", "POST", "/logins", {"name": name, "password": password}) is not None


def person(name: str):
    """Who it is and who mentioned them; None where there is no such person."""
    return _ask("PROFILES", "GET", f"/people/{quote(name, safe='')}")


def describe(name: str, about: str) -> None:
    """Change what a person says of themselves."""
    _ask("PROFILES", "PUT", f"/people/{quote(name, safe='')}/about", {"about": about})


def messages(author: str = ""):
    """The newest messages, of one person or of all."""
    return _ask("MESSAGES", "GET", "/messages?" + urlencode({"author": author}))


def write(author: str, text: str) -> None:
    """One more message."""
    _ask("MESSAGES", "POST", "/messages", {"author": author, "text": text})


def search(words: str):
    """Messages with all these words; the newest in the index where there are none."""
    return _ask("SEARCH", "GET", "/documents?" + urlencode({"q": words}))


def _ask(service: str, method: str, path: str, value=None):
    """The answer; None where the service says that there is no such thing, or that it may not be."""
    url = os.environ[f"{service}_URL"].rstrip("/") + path
    body = None if value is None else json.dumps(value).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urlopen(request, timeout=SECONDS_TO_WAIT) as answer:
            return json.load(answer)
    except HTTPError as error:
        if error.code < 500:
            return None
        raise Away(f"{service.lower()} answered {error.code}") from error
    except OSError as error:
        raise Away(f"{service.lower()} does not answer: {error}") from error
