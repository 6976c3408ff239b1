"""From source to what runs: build, slug, release."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from minipaas.frozen import frozen


@frozen(kw_only=True)
class Slug:
    """An app after its build, ready to run; never changed again.

    `id` is the SHA-256 of the content. `root` is the folder that becomes `/app`. `process_types` merges the
    Procfile with the last buildpack's defaults, Procfile first. `default_types` names those that came from
    the buildpack. `stack` says where the slug may run (`host` = built on this machine's own user land).
    """

    id: str
    root: Path
    process_types: Mapping[str, str]
    default_types: tuple[str, ...] = ()
    buildpack: str = ""
    stack: str = "host"
    size_bytes: int = 0
    addons: tuple[str, ...] = ()


class BuildStatus(StrEnum):
    """The Platform API's build states."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class Build:
    """One attempt to make a slug. Times are seconds since the epoch."""

    id: str
    app: str
    status: BuildStatus
    created_at: float
    updated_at: float
    slug_id: str | None = None
    buildpacks: tuple[str, ...] = ()
    #: First 8 hex digits of the source's digest or of the git commit, as in `Deploy 1f9e9f8f`.
    version: str = ""
    #: True when an earlier slug of the same source served.
    reused: bool = False
    #: What was pushed, whole; None when a folder was built.
    commit: str | None = None
    #: The release it became, None when it became none.
    release_id: str | None = None


class ReleaseStatus(StrEnum):
    """The Platform API's release states."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class Release:
    """A slug with the config vars and add-ons it runs with. `version` counts from 1 and is never used again."""

    id: str
    version: int
    description: str
    created_at: float
    status: ReleaseStatus = ReleaseStatus.SUCCEEDED
    slug_id: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    #: Config vars that a command set, unset or rolled back: the app's files do not change these any more.
    held: tuple[str, ...] = ()
    #: The app's add-ons by plan (`heroku-postgresql:mini`), and the config vars that all add-ons set in it.
    addons: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    #: The version whose code and config vars this release brings back; None when it is no rollback.
    rollback_to: int | None = None

    @property
    def pending(self) -> bool:
        """Its release command is to run, or runs."""
        return self.status is ReleaseStatus.PENDING


@frozen(kw_only=True)
class Change:
    """What is to be the next release; what is None stays as it is."""

    description: str
    slug_id: str | None = None
    config: Mapping[str, str] | None = None
    held: tuple[str, ...] | None = None
    rollback_to: int | None = None
