"""A release that a command has begun, followed to its end."""

import sys
from typing import Any
from urllib.parse import quote, urlsplit

from minipaas.api.client import Client
from minipaas.cli import output
from minipaas.errors import NotFound, ReleaseFailed


def last_release(platform: Client, app: str) -> dict[str, Any]:
    """The newest one, whatever became of it."""
    found: list[dict[str, Any]] = platform.get(f"/apps/{quote(app)}/releases")
    return found[-1]


def follow(platform: Client, app: str, release: dict[str, Any]) -> None:
    """Show what its release command prints, on stderr, and wait for its end; nothing where there is none.

    Raises:
        ReleaseFailed: it has failed.
    """
    if release["status"] == "pending":
        output.note("Running release command...")
        show_output(platform, release, sys.stderr.buffer)
        release = platform.get(f"/apps/{quote(app)}/releases/{release['id']}")
    if release["status"] != "succeeded":
        raise ReleaseFailed(
            f"the release command of {app} failed, v{release['version']} is not released",
            "code and config vars of the release before it go on",
        )


def show_output(platform: Client, release: dict[str, Any], to: Any) -> None:
    """Copy what a release command printed, as it comes.

    Raises:
        NotFound: it has none, or that is not kept.
    """
    if release["output_stream_url"] is None:
        raise NotFound(
            f"v{release['version']} ran no release command, or its output is not kept any more",
            f"`minipaas logs -a {release['app']['name']} -p release` shows what is left in the log",
        )
    for line in platform.stream(urlsplit(release["output_stream_url"]).path):
        to.write(line)
        to.flush()
