"""An app's releases as they are written down: append-only, each with its slug, config vars and add-ons."""

import asyncio
import dataclasses
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

from minipaas.clock import Clock
from minipaas.control.addons import Standing
from minipaas.control.config import compose_formation
from minipaas.errors import NotFound, StoreProblem
from minipaas.model.app import AppJson, FormationEntry
from minipaas.model.record import AppRecord
from minipaas.model.release import Change, Release, ReleaseStatus, Slug
from minipaas.store.apps import Apps
from minipaas.store.slugs import Slugs


class Ledger:
    """The record of one app and the slugs its releases name.

    Args:
        standing: what the app's add-ons mean for it now.
    """

    def __init__(
        self, record: AppRecord, store: Apps, slugs: Slugs, clock: Clock, standing: Callable[[], Standing]
    ) -> None:
        self.record = record
        self._store = store
        self._slugs = slugs
        self._clock = clock
        self._standing = standing

    def save(self, record: AppRecord) -> None:
        """Change what is remembered; what is no change is not written, for a write waits for the disk.

        Raises:
            StoreProblem: it cannot be written; nothing has changed then.
        """
        if record != self.record:
            self._store.save(record)
            self.record = record

    async def save_beside(self, record: AppRecord) -> None:
        """As `save`, while the loop goes on; nothing but what is remembered may depend on the write.

        Raises:
            StoreProblem: it cannot be written, and is known until the platform ends.
        """
        self.record = record
        await asyncio.to_thread(self._store.save, record)
        if self.record is not record:  # changed meanwhile, and maybe written before this one
            self._store.save(self.record)

    def add(self, change: Change, *, pending: bool) -> Release:
        """Write the next release down.

        Raises:
            StoreProblem: it cannot be written; there is no such release then.
        """
        current = self.record.current
        config = change.config if change.config is not None else self.record.config
        standing = self._standing()
        release = Release(
            id=str(uuid.uuid4()),
            version=self.record.next_version,
            description=change.description,
            created_at=self._clock.now(),
            status=ReleaseStatus.PENDING if pending else ReleaseStatus.SUCCEEDED,
            slug_id=change.slug_id or (current.slug_id if current else None),
            config=dict(config),
            held=self.record.held if change.held is None else change.held,
            addons=tuple(plan for plan, names in standing.plans if any(name in config for name in names)),
            attached=tuple(name for name in standing.config if name in config),
            rollback_to=change.rollback_to,
        )
        self.save(self.record.with_release(release))
        return release

    def succeed(self, release: Release) -> Release:
        """Let it be the current one.

        Raises:
            StoreProblem: that cannot be written.
        """
        settled = dataclasses.replace(release, status=ReleaseStatus.SUCCEEDED)
        self.save(self.record.with_release(settled))
        return settled

    def fail(self, release: Release) -> None:
        """Let the one before it stay the current one, on a full disk too: what is pending there is read as failed."""
        failed = self.record.with_release(dataclasses.replace(release, status=ReleaseStatus.FAILED))
        with suppress(StoreProblem):
            self.save(failed)
        self.record = failed

    def slug_of(self, release: Release) -> Slug | None:
        """What it runs; None when nothing was deployed yet.

        Raises:
            NotFound: the slug is gone.
            StoreProblem: its description is damaged.
        """
        return self._slug(release.slug_id, f"v{release.version}")

    def current_slug(self) -> Slug | None:
        """What the current release runs. Raises as `slug_of`."""
        current = self.record.current
        return self.slug_of(current) if current else None

    def slug_for(self, change: Change) -> Slug | None:
        """What a change would run. Raises as `slug_of`."""
        return self._slug(change.slug_id, "that release") if change.slug_id else self.current_slug()

    def _slug(self, slug_id: str | None, whose: str) -> Slug | None:
        if slug_id is None:
            return None
        try:
            return self._slugs.get(slug_id)
        except NotFound as error:
            hint = "`minipaas up` or `minipaas builds:create` builds it again from its source"
            raise NotFound(f"the slug of {whose} is gone from the state folder", hint) from error

    def formation_for(self, slug: Slug) -> Mapping[str, FormationEntry]:
        """What was scaled, for the process types of that slug."""
        return compose_formation(slug, self.record.formation, AppJson(), {})
