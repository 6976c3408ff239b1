"""Every error a user may see, with the exit code it ends the command with.

    MinipaasError            1   the act failed
    ├── UsageProblem         2   a word on the command line, or a faulty file of the user's
    │   └── FileProblem      2   the same, with file and line
    ├── BuildFailed          1   a buildpack said no; its own output has told why
    ├── ReleaseFailed        1   its release command failed; what ran before goes on
    ├── StoreProblem         1   the state folder cannot be read or written (disk full, damaged file)
    ├── DynoProblem          1   a dyno cannot be launched at all
    ├── NotFound             1   no such app, dyno, host, build
    ├── Missing              4   something needed is not there
    │   ├── PlatformDown     4
    │   ├── PlatformRunning  4
    │   ├── PortTaken        4
    │   └── RuntimeMissing   4
    └── InternalError       70   our fault

An app's own failure (a crash, H12, R14) is data, an event in its log, and never one of these.
"""

from pathlib import Path
from typing import ClassVar


class MinipaasError(Exception):
    """An error told to the user as `error: MESSAGE`, then `hint: HINT`.

    Args:
        message: lower case, no full stop, `cannot VERB OBJECT: CAUSE` where that fits.
        hint: the next thing to do, or None when the message says all.
    """

    exit_code: ClassVar[int] = 1
    #: The Platform API's `id` field and HTTP status for the same error.
    api_id: ClassVar[str] = "failed"
    http_status: ClassVar[int] = 422

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageProblem(MinipaasError):
    """What the user typed, or wrote in a file, is not right."""

    exit_code = 2
    api_id = "invalid_params"


class FileProblem(UsageProblem):
    """A faulty file of the user's; `line` counts from 1, None when the whole file is meant."""

    def __init__(self, path: Path | str, line: int | None, message: str, hint: str | None = None) -> None:
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {message}", hint)
        self.path = str(path)
        self.line = line


class BuildFailed(MinipaasError):
    """The build ended without a slug. The buildpack's own words are already in the build output."""

    api_id = "build_failed"


class ReleaseFailed(MinipaasError):
    """The release command failed; the release before it goes on running."""

    api_id = "release_failed"


class StoreProblem(MinipaasError):
    """The state folder cannot be read or written."""

    api_id = "store"
    http_status = 500


class DynoProblem(MinipaasError):
    """A dyno cannot be launched, whatever the app is."""

    api_id = "dyno"
    http_status = 500


class NotFound(MinipaasError):
    """There is no app, dyno, host or build of that name."""

    api_id = "not_found"
    http_status = 404


class Missing(MinipaasError):
    """Something needed is not there."""

    exit_code = 4


class PlatformDown(Missing):
    """No platform runs on this home."""


class PlatformRunning(Missing):
    """A platform runs on this home already."""


class PortTaken(Missing):
    """A port that was asked for is in use."""


class RuntimeMissing(Missing):
    """The runtime that was asked for cannot run on this machine."""


class InternalError(MinipaasError):
    """A broken promise of our own."""

    exit_code = 70
    api_id = "internal"
    http_status = 500
