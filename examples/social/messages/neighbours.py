"""The other apps, each known by its URL alone."""

import json
import os
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

SECONDS_TO_WAIT = 10


def index(message: dict) -> None:
    """Make a message one that is found."""
    _put("SEARCH", f"/documents/{message['id']}", message)


def mention(name: str, message: dict) -> None:
    """Tell somebody of a message; nobody of that name is nothing to worry about."""
    try:
        _put("PROFILES", f"/people/{quote(name)}/mentions/{message['id']}", message)
    except HTTPError as error:
        if error.code != 404:
            raise


def _put(service: str, path: str, value: dict) -> None:
    url = os.environ[f"{service}_URL"].rstrip("/") + path
    request = Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"}, method="PUT")
    urlopen(request, timeout=SECONDS_TO_WAIT).close()
