"""What is remembered of an app: its releases, builds and formation."""

import dataclasses
from collections.abc import Mapping
from dataclasses import field

from minipaas.frozen import frozen
from minipaas.model.app import FormationEntry
from minipaas.model.drain import Drain
from minipaas.model.release import Build, BuildStatus, Release, ReleaseStatus


@frozen(kw_only=True)
class AppRecord:
    """One app. `source` is the folder it was last deployed from; releases and builds are in order, oldest first."""

    id: str
    name: str
    created_at: float
    source: str = ""
    maintenance: bool = False
    buildpacks: tuple[str, ...] = ()
    formation: Mapping[str, FormationEntry] = field(default_factory=dict)
    releases: tuple[Release, ...] = ()
    builds: tuple[Build, ...] = ()
    #: Names of the features that are on.
    features: tuple[str, ...] = ()
    drains: tuple[Drain, ...] = ()
    #: app.json's `scripts.postdeploy` has run.
    postdeployed: bool = False

    @property
    def current(self) -> Release | None:
        """The newest release that succeeded: the one that runs."""
        for release in reversed(self.releases):
            if release.status is ReleaseStatus.SUCCEEDED:
                return release
        return None

    @property
    def config(self) -> Mapping[str, str]:
        """The config vars in force."""
        current = self.current
        return current.config if current else {}

    @property
    def held(self) -> tuple[str, ...]:
        """The config vars that the app's files do not change."""
        current = self.current
        return current.held if current else ()

    @property
    def deployed(self) -> Release | None:
        """The newest release, failed ones too, that brought new code; a rollback brings back old."""
        found, slug_id = None, None
        for release in self.releases:
            if release.slug_id != slug_id and release.rollback_to is None:
                found = release
            if release.status is ReleaseStatus.SUCCEEDED:
                slug_id = release.slug_id
        return found

    @property
    def next_version(self) -> int:
        """Never used before."""
        return max((release.version for release in self.releases), default=0) + 1

    def with_release(self, release: Release) -> "AppRecord":
        """The release added, or put in the place of the one with its id."""
        if all(each.id != release.id for each in self.releases):
            return dataclasses.replace(self, releases=(*self.releases, release))
        releases = tuple(release if each.id == release.id else each for each in self.releases)
        return dataclasses.replace(self, releases=releases)

    def interrupted(self) -> "AppRecord":
        """As it is to be read after the platform died: what was pending then has failed."""
        releases = tuple(
            dataclasses.replace(each, status=ReleaseStatus.FAILED) if each.status is ReleaseStatus.PENDING else each
            for each in self.releases
        )
        builds = tuple(
            dataclasses.replace(each, status=BuildStatus.FAILED) if each.status is BuildStatus.PENDING else each
            for each in self.builds
        )
        if (releases, builds) == (self.releases, self.builds):
            return self
        return dataclasses.replace(self, releases=releases, builds=builds)
