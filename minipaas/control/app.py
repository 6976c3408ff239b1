"""One app in the control plane: its record, its dynos, its place in the router and its log."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence

from minipaas.control.config import RELEASE_TYPE
from minipaas.control.idling import Idling
from minipaas.errors import UsageProblem
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run
from minipaas.formation.manager import DynoManager
from minipaas.formation.oneoff import run_once
from minipaas.limits import RELEASE_PHASE_S
from minipaas.logplex.channel import Channel
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import DynoName
from minipaas.model.logline import Source
from minipaas.model.record import AppRecord
from minipaas.model.release import Build, Release, ReleaseStatus, Slug
from minipaas.parse.scale import ScaleChange, apply
from minipaas.router.route import AppRoute
from minipaas.store.apps import Apps
from minipaas.store.slugs import Slugs


class RunningApp:
    """An app the platform knows; its acts change the record first and the dynos after.

    Args:
        kit: the services its dynos are run with; `user` is named in the API's log lines.
    """

    def __init__(
        self,
        record: AppRecord,
        *,
        store: Apps,
        slugs: Slugs,
        kit: Kit,
        cells: Cells,
        route: AppRoute,
        channel: Channel,
        user: str,
    ) -> None:
        self.record = record
        self.kit = kit
        self.route = route
        self.channel = channel
        self.own_port = 0
        self.dynos = DynoManager(kit, cells)
        self._store = store
        self._slugs = slugs
        self._cells = cells
        self._user = user
        route.deployed = False
        route.maintenance = record.maintenance
        route.on_wake = self.dynos.wake
        self.idling = Idling(kit.clock, self.dynos.idle)

    @property
    def name(self) -> str:
        """Its name."""
        return self.record.name

    @property
    def slug(self) -> Slug | None:
        """What runs now; None before the first deploy."""
        current = self.record.current
        return self._slugs.get(current.slug_id) if current and current.slug_id else None

    def say(self, text: str) -> None:
        """A line `app[api]: TEXT by user NAME`."""
        self.channel.say(Source.APP, "api", f"{text} by user {self._user}")

    def save(self, record: AppRecord) -> None:
        """Change what is remembered; what is no change is not written, for a write waits for the disk.

        Raises:
            StoreProblem: it cannot be written; nothing has changed then.
        """
        if record != self.record:
            self._store.save(record)
            self.record = record

    def begin_build(self, build: Build) -> None:
        """Add a build that has just begun; it is written when it has ended, and gone should the platform die."""
        self.record = dataclasses.replace(self.record, builds=(*self.record.builds, build))

    def remember_build(self, build: Build) -> None:
        """Add a build, or replace the one of the same id."""
        others = tuple(each for each in self.record.builds if each.id != build.id)
        self.save(dataclasses.replace(self.record, builds=(*others, build)))

    def add_release(self, description: str, slug_id: str | None, config: Mapping[str, str]) -> Release:
        """Write the next release down as pending; it runs once `settle_release` says so."""
        release = Release(
            id=str(uuid.uuid4()),
            version=self.record.next_version,
            description=description,
            created_at=self.kit.clock.now(),
            status=ReleaseStatus.PENDING,
            slug_id=slug_id,
            config=config,
        )
        self.save(dataclasses.replace(self.record, releases=(*self.record.releases, release)))
        self.say(description)
        return release

    def settle_release(self, release: Release, status: ReleaseStatus) -> Release:
        """Write down how the release ended; a failed one leaves the one before it in force."""
        settled = dataclasses.replace(release, status=status)
        releases = tuple(settled if each.id == release.id else each for each in self.record.releases)
        self.save(dataclasses.replace(self.record, releases=releases))
        if status is ReleaseStatus.SUCCEEDED:
            self.say(f"Release v{release.version} created")
        return settled

    async def run_release_phase(self, slug: Slug, release: Release) -> int:
        """Run the `release` process type in a dyno of its own; its exit status, 0 when there is none."""
        command = slug.process_types.get(RELEASE_TYPE)
        if command is None:
            return 0
        self.say(f"Running release v{release.version} commands")
        name = DynoName(RELEASE_TYPE, self.kit.rng.randint(1000, 9999))
        run = _run_of(slug, release)
        return (await run_once(self.kit, self._cells, name, command, run, RELEASE_PHASE_S)).status

    def run(self, slug: Slug, release: Release, formation: Mapping[str, FormationEntry]) -> None:
        """Let the dynos follow this release."""
        if formation != self.record.formation:
            self.save(dataclasses.replace(self.record, formation=dict(formation)))
            self.say(f"Scaled to {_spelled(formation)}")
        self.route.error_page_url = release.config.get("ERROR_PAGE_URL")
        self.route.maintenance_page_url = release.config.get("MAINTENANCE_PAGE_URL")
        self.route.deployed = True
        self.dynos.release(_run_of(slug, release), formation)
        self.idling.follow(formation)

    def scale(self, changes: Sequence[ScaleChange]) -> None:
        """Change quantity or size of some process types.

        Raises:
            UsageProblem: nothing is deployed, no such process type, or too many dynos.
        """
        if self.slug is None:
            raise UsageProblem(f"cannot scale {self.name}: nothing is deployed yet", "`minipaas up` deploys it")
        formation = apply(self.record.formation, changes)
        self.save(dataclasses.replace(self.record, formation=formation))
        self.say(f"Scaled to {_spelled(formation)}")
        self.dynos.scale(formation)
        self.idling.follow(formation)

    def set_maintenance(self, on: bool) -> None:
        """Answer every request with the maintenance page, or stop doing so; dynos go on."""
        self.save(dataclasses.replace(self.record, maintenance=on))
        self.route.maintenance = on
        self.say(f"{'Enable' if on else 'Disable'} maintenance mode")


def _run_of(slug: Slug, release: Release) -> Run:
    return Run(version=release.version, slug=slug.root, commands=slug.process_types, config=release.config)


def _spelled(formation: Mapping[str, FormationEntry]) -> str:
    return " ".join(f"{type_}@{entry.quantity}:{entry.size.name}" for type_, entry in formation.items())
