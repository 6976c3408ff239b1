"""One app in the control plane: its record, its dynos, its place in the router and its log."""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress

from minipaas.control.idling import Idling
from minipaas.control.ledger import Ledger
from minipaas.control.phase import Phase, run_of
from minipaas.control.traffic import Traffic
from minipaas.errors import MinipaasError, NotFound, ReleaseFailed, StoreProblem, UsageProblem
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit
from minipaas.formation.manager import DynoManager
from minipaas.logplex.channel import Channel
from minipaas.model.app import FormationEntry
from minipaas.model.feature import PREBOOT
from minipaas.model.logline import Source
from minipaas.model.record import AppRecord
from minipaas.model.release import Build, BuildStatus, Change, Release, Slug
from minipaas.parse.scale import ScaleChange, apply
from minipaas.router.route import AppRoute
from minipaas.runtime.base import Output


class RunningApp:
    """An app the platform knows; its acts change the record first and the dynos after.

    Args:
        kit: the services its dynos are run with; `user` is named in the API's log lines.
    """

    def __init__(
        self, ledger: Ledger, *, kit: Kit, cells: Cells, route: AppRoute, channel: Channel, user: str
    ) -> None:
        self.ledger = ledger
        self.kit = kit
        self.route = route
        self.channel = channel
        self.own_port = 0
        #: Config vars that name other apps' URLs, as its last deploy got them.
        self.links: Mapping[str, str] = {}
        self.dynos = DynoManager(kit, cells)
        self.phase = Phase(self.dynos)
        self._user = user
        route.deployed = False
        route.maintenance = self.record.maintenance
        route.on_wake = self.dynos.wake
        self.idling = Idling(kit.clock, self.dynos.idle)
        self.traffic = Traffic(kit.clock.now)
        channel.listen(self.traffic.hear)
        self._sampling: asyncio.Task[None] | None = None

    @property
    def record(self) -> AppRecord:
        """What is remembered of it."""
        return self.ledger.record

    @property
    def name(self) -> str:
        """Its name."""
        return self.record.name

    @property
    def slug(self) -> Slug | None:
        """What runs now; None before the first deploy, and where it cannot be read any more."""
        with suppress(NotFound, StoreProblem):
            return self.ledger.current_slug()
        return None

    def say(self, text: str) -> None:
        """A line `app[api]: TEXT by user NAME`."""
        self.channel.say(Source.APP, "api", f"{text} by user {self._user}")

    def save(self, record: AppRecord) -> None:
        """Change what is remembered. Raises as `Ledger.save`."""
        self.ledger.save(record)

    def begin_build(self, build: Build) -> None:
        """Add a build that has just begun; it is written when it has ended, and gone should the platform die."""
        self.ledger.record = dataclasses.replace(self.record, builds=(*self.record.builds, build))

    def remember_build(self, build: Build) -> None:
        """Add a build, or replace the one of the same id."""
        self.save(self._with_build(build))

    async def remember_build_beside(self, build: Build) -> None:
        """As `remember_build`, while dynos are being launched. Raises as `Ledger.save_beside`."""
        await self.ledger.save_beside(self._with_build(build))

    def _with_build(self, build: Build) -> AppRecord:
        others = tuple(each for each in self.record.builds if each.id != build.id)
        return dataclasses.replace(self.record, builds=(*others, build))

    def pending_build(self, build_id: str) -> Build:
        """A build that waits for its turn, or begins now."""
        for each in self.record.builds:
            if each.id == build_id:
                return each
        now = self.kit.clock.now()
        build = Build(id=build_id, app=self.name, status=BuildStatus.PENDING, created_at=now, updated_at=now)
        self.begin_build(build)
        return build

    def drop_pending_build(self, build_id: str) -> None:
        """Forget a build that never came to begin."""
        kept = tuple(
            each for each in self.record.builds if each.id != build_id or each.status is not BuildStatus.PENDING
        )
        self.ledger.record = dataclasses.replace(self.record, builds=kept)

    def note_release(self, change: Change) -> Release:
        """Write down a release that another one follows at once: no command is run, and no dyno follows it.

        Raises:
            StoreProblem: it cannot be written.
        """
        release = self.ledger.add(change, pending=False)
        self.say(change.description)
        self.say(f"Release v{release.version} created")
        return release

    async def release(
        self,
        change: Change,
        formation: Mapping[str, FormationEntry] | None = None,
        copy: Output = lambda _data: None,
    ) -> Release:
        """Make the next release, whole: written down, its release command run, followed by the dynos.

        Call it while holding the app's turn (`ControlPlane.turn`), so that no other release is made meanwhile.

        Args:
            formation: as it shall be from then on; what was scaled stays where none is given.
            copy: gets the release command's output, which the app's log gets anyway.

        Raises: as `begin_release` and `carry_out`.
        """
        return await self.carry_out(self.begin_release(change), formation, copy)

    def begin_release(self, change: Change) -> Release:
        """Write the next release down: as pending where it has a release command, else as succeeded.

        Raises:
            NotFound: its slug is gone.
            StoreProblem: it cannot be written, or its slug is damaged; nothing has changed then.
        """
        waits = self.phase.needed(self.ledger.slug_for(change))
        release = self.ledger.add(change, pending=waits)
        self.say(change.description)
        if waits:
            self.phase.announce(release)
        else:
            self.say(f"Release v{release.version} created")
        return release

    async def carry_out(
        self,
        release: Release,
        formation: Mapping[str, FormationEntry] | None = None,
        copy: Output = lambda _data: None,
    ) -> Release:
        """Run the release command of a release that waits for it, and let the dynos follow the release.

        Raises:
            ReleaseFailed: the command did not exit with 0; the release is marked as failed, what ran before goes on.
            StoreProblem: how it ended cannot be written; it has failed then.
            DynoProblem: the command cannot be launched; the same.
        """
        slug = self.ledger.slug_of(release)
        if slug is not None and release.pending:
            release = await self._through_phase(slug, release, copy)
        if slug is not None:
            self.follow(slug, release, formation)
        return release

    async def _through_phase(self, slug: Slug, release: Release, copy: Output) -> Release:
        self.say(f"Running release v{release.version} commands")
        try:
            status = await self.phase.run(slug, release, copy)
            if status != 0:
                raise self._failed_with(status, release)
            settled = self.ledger.succeed(release)
        except BaseException as error:
            self.ledger.fail(release)
            self.phase.end(release, error if isinstance(error, MinipaasError) else None)
            self.say(f"Release v{release.version} failed")
            raise
        self.phase.end(release, None)
        self.say(f"Release v{release.version} created")
        return settled

    def _failed_with(self, status: int, release: Release) -> ReleaseFailed:
        goes_on = "; the release before it goes on running" if self.dynos.slots else ""
        return ReleaseFailed(
            f"the release command of {self.name} exited with status {status}, v{release.version} is not released",
            f"`minipaas releases:output v{release.version} -a {self.name}` shows what it said{goes_on}",
        )

    def follow(self, slug: Slug, release: Release, formation: Mapping[str, FormationEntry] | None = None) -> None:
        """Let the dynos follow this release."""
        wanted = self.ledger.formation_for(slug) if formation is None else formation
        if wanted != self.record.formation:
            self.save(dataclasses.replace(self.record, formation=dict(wanted)))
            self.say(f"Scaled to {_spelled(wanted)}")
        self.route.error_page_url = release.config.get("ERROR_PAGE_URL")
        self.route.maintenance_page_url = release.config.get("MAINTENANCE_PAGE_URL")
        self.route.deployed = True
        preboot = PREBOOT.name in self.record.features
        self.dynos.release(run_of(slug, release), wanted, preboot=preboot)
        self.idling.follow(wanted)

    def scale(self, changes: Sequence[ScaleChange]) -> None:
        """Change quantity or size of some process types.

        Raises:
            UsageProblem: nothing is deployed, no such process type, or too many dynos.
        """
        if self.record.current is None or self.record.current.slug_id is None:
            raise UsageProblem(f"cannot scale {self.name}: nothing is deployed yet", "`minipaas up` deploys it")
        formation = apply(self.record.formation, changes)
        self.save(dataclasses.replace(self.record, formation=formation))
        self.say(f"Scaled to {_spelled(formation)}")
        if self.dynos.released:  # else `up` is building still, and its dynos follow what is written down
            self.dynos.scale(formation)
            self.idling.follow(formation)

    def begin_runtime_metrics(self) -> None:
        """Log what each dyno uses, again and again, while the feature is on."""
        if self._sampling is None or self._sampling.done():
            from minipaas.control.runtime_metrics import sample  # noqa: PLC0415  few apps have it on

            self._sampling = self.kit.tasks.start(sample(self.kit, lambda: self.record, self.dynos.living))

    def set_maintenance(self, on: bool) -> None:
        """Answer every request with the maintenance page, or stop doing so; dynos go on."""
        self.save(dataclasses.replace(self.record, maintenance=on))
        self.route.maintenance = on
        self.say(f"{'Enable' if on else 'Disable'} maintenance mode")


def _spelled(formation: Mapping[str, FormationEntry]) -> str:
    return " ".join(f"{type_}@{entry.quantity}:{entry.size.name}" for type_, entry in formation.items())
