"""What is remembered of an app: its releases, builds and formation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minipaas.model.app import FormationEntry
from minipaas.model.release import Build, Release, ReleaseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
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
    def next_version(self) -> int:
        """Never used before."""
        return max((release.version for release in self.releases), default=0) + 1
