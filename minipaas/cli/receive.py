"""What an app's repository runs when it is pushed to: `python -m minipaas.cli.receive APP`.

Git runs it before any ref moves, with the pushed commits already there, and passes what it prints on to the user as
`remote: ` lines. Exit code 1 turns the push down.
"""

import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from minipaas.api.client import Client
from minipaas.errors import MinipaasError
from minipaas.parse.pushed import DEPLOYED, Pushed, read_pushed
from minipaas.store.home import Home, default_root
from minipaas.store.repositories import Repositories


class _Rejected(Exception):
    """The push is turned down; the message says why, in lines."""


def main() -> int:
    """The hook's exit code."""
    app = sys.argv[1]
    try:
        _receive(Home(default_root()), app, read_pushed(sys.stdin))
    except _Rejected as rejected:
        _say(*str(rejected).splitlines(), "", f" !     Push rejected to {app}.", "")
        return 1
    except MinipaasError as error:
        _say(f" !     {error.message}", *([f" !     {error.hint}"] if error.hint else []))
        _say("", f" !     Push rejected to {app}.", "")
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def _receive(home: Home, app: str, pushed: Pushed) -> None:
    if pushed.refusal:
        raise _Rejected(f" !     {pushed.refusal}")
    if pushed.commit is None:
        names = " and ".join(DEPLOYED)
        _say(f"Pushed {', '.join(pushed.skipped)}: only {names} are deployed, skipping the build.")
        return
    with _alone(home, app):
        _deploy(home, app, pushed.commit)


@contextmanager
def _alone(home: Home, app: str) -> Iterator[None]:
    """The kernel lets go of the lock however this process ends."""
    fd = os.open(Repositories(home).lock(app), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _Rejected(" !     Another push to this app is under way: push again when it has ended.") from None
    try:
        yield
    finally:
        os.close(fd)


def _deploy(home: Home, app: str, commit: str) -> None:
    platform = Client(home)
    known = platform.get(f"/apps/{app}")
    folder = Repositories(home).export(app, commit)
    try:
        _refuse(folder)
        build = _build(platform, app, commit, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if build["error"] or build["status"] == "failed":
        failed = "" if build["status"] == "failed" else f" !     {build['error']}\n"
        raise _Rejected(f"{failed} !     {_goes_on(known)}")
    _tell(platform.get(f"/apps/{app}"), reused=build["reused"])


def _refuse(folder: Path) -> None:
    if (folder / ".gitmodules").exists():
        raise _Rejected(" !     Submodules are not fetched here: take their files into the repository itself.")
    attributes = (path.read_text(errors="replace") for path in folder.rglob(".gitattributes") if path.is_file())
    if any("filter=lfs" in text for text in attributes):
        _say(" !     Git LFS is not supported, as on Heroku: its files arrive as pointers.")


def _build(platform: Client, app: str, commit: str, folder: Path) -> Any:
    """Begin it and pass on what it prints, to its end."""
    wanted = {"source_blob": {"url": folder.as_uri(), "version": commit}}
    begun = platform.call("POST", f"/apps/{app}/builds", wanted)
    for line in platform.stream(begun["output_stream_url"]):
        # Files are named as the user knows them, not by where they lie while they are built.
        sys.stdout.buffer.write(line.replace(f"{folder}/".encode(), b""))
        sys.stdout.buffer.flush()
    return platform.get(f"/apps/{app}/builds/{begun['id']}")


def _goes_on(known: Any) -> str:
    if known["released_at"] and known["slug_size"] is not None:
        return f"{known['release']} goes on running."
    return "Nothing is deployed yet."


def _tell(app: Any, *, reused: bool) -> None:
    if reused:
        _say("-----> Source unchanged, the slug of an earlier build is used")
    _say("-----> Launching...", f"       Released {app['release']}", f"       {app['web_url']} deployed")
    _say("", "Verifying deploy... done.")


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    # Whoever pushed may leave: what the platform does goes on, and git is told that the push failed.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
