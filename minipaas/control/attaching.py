"""Add-ons by command: each change is a release of every app it touches, and their dynos restart.

What an app gains is written down before its release, what it loses after: a platform killed in between finishes the
first at its next deploy, and finds the second not begun.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from minipaas.control.addons import told
from minipaas.control.app import RunningApp
from minipaas.control.plane import ControlPlane
from minipaas.errors import MinipaasError, NotFound, UsageProblem
from minipaas.model import attaching
from minipaas.model.addon import Addon, Attachment
from minipaas.model.app import AddonWish
from minipaas.model.release import Change
from minipaas.model.service import parse_plan

if TYPE_CHECKING:
    from minipaas.addons.provider import Addons


class Attaching:
    """What may be done to the add-ons of a platform's apps."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    @property
    def addons(self) -> "Addons":
        """What runs them."""
        return self._plane.addons.provider

    async def create(self, app: RunningApp, wish: AddonWish, name: str | None = None) -> Addon:
        """Make an add-on, start its server, attach it; Heroku runs the release command for this change alone.

        Raises:
            ReleaseFailed: the release command failed; the add-on is there, and the next deploy attaches it.
            UsageProblem: no such service, or a wished name is taken or no name.
            Missing: no server for it is installed.
            StoreProblem: it does not start, as on a full disk; nothing of it is left then.
        """
        async with self._plane.turn(app.name):
            addon = await self.addons.create(app.name, wish, name)
            await app.release(self._gain(app, addon, addon.attached_to(app.name)))
        return addon

    async def attach(self, addon: Addon, app: RunningApp, alias: str | None) -> Attachment:
        """Attach an add-on of any app to this one.

        Raises:
            UsageProblem: the wished name is taken or no name.
        """
        async with self._plane.turn(app.name):
            changed, made = self.addons.attach(addon.name, app.name, alias)
            self._follow(app, self._gain(app, changed, [made]))
        return made

    async def detach(self, addon: Addon, attachment: Attachment) -> None:
        """Take an attachment away; the add-on stays.

        Raises:
            UsageProblem: it is the last one in the app that has the add-on.
        """
        attaching.detach(addon, attachment)  # refused before anything is released
        app = await self._plane.app(attachment.app)
        async with self._plane.turn(app.name):
            self._follow(app, self._lose(app, addon, [attachment]))
            self.addons.detach(addon, attachment)

    async def destroy(self, addon: Addon, *, force: bool) -> None:
        """End an add-on and delete its data.

        Raises:
            UsageProblem: other apps use it, and nobody forces it.
        """
        others = [app for app in addon.apps if app != addon.app]
        if others and not force:
            raise UsageProblem(
                f"cannot destroy {addon.name}: {', '.join(others)} is attached to it too", "`--force` detaches it"
            )
        await self._end(addon, addon.apps)

    async def forget(self, app: str) -> None:
        """End every add-on of an app that goes away, and take it off those of others.

        Raises:
            StoreProblem: a record cannot be written.
        """
        for addon in self.addons.addons(app):
            await self._end(addon, [each for each in addon.apps if each != app])
        for addon in self.addons.registry.used_addons(app):
            kept = (each for each in addon.attachments if each.app != app)
            self.addons.registry.change_addon(addon.with_attachments(kept))

    async def _end(self, addon: Addon, apps: Iterable[str]) -> None:
        for name in apps:
            app = await self._plane.app(name)
            async with self._plane.turn(name):
                self._follow(app, self._lose(app, addon, addon.attached_to(name)))
        await self.addons.destroy(addon.app, addon.name)

    def fail(self, app: RunningApp, addon: Addon, for_s: float | None = None) -> None:
        """Kill its server.

        Args:
            for_s: it recovers by itself then; None: when it is told to.
        """
        self.addons.fail(app.name, addon.name)
        if for_s is None:
            return

        def recover() -> None:
            self._plane.tasks.start(self._recover(app.name, addon.name))

        self._plane.clock.call_later(for_s, recover)

    async def _recover(self, app: str, name: str) -> None:
        """It may have been recovered, or destroyed, meanwhile."""
        with suppress(MinipaasError):
            if self.addons.failed(self.addons.registry.find(app, name).addon):
                await self.addons.recover(app, name)

    def change_plan(self, addon: Addon, plan: str) -> Addon:
        """Another plan, which runs the same server: no release, no restart.

        Raises:
            UsageProblem: it is no plan of the add-on's service.
        """
        service, word = parse_plan(plan)
        if service is not addon.kind:
            raise UsageProblem(f"cannot make {addon.name} a {service.name}: it is a {addon.service}")
        return self.addons.registry.change_addon(replace(addon, plan=word)).addon

    async def promote(self, addon: Addon, app: RunningApp) -> Attachment:
        """Let `DATABASE_URL` be this add-on's.

        Raises:
            UsageProblem: it is already.
        """
        async with self._plane.turn(app.name):
            made = self.addons.promote(addon, app.name)
            config = {**app.record.config, **self.addons.config(app.name)}
            self._follow(app, Change(description=told("Attach", addon, [made]), config=config))
        return made

    def _gain(self, app: RunningApp, addon: Addon, attached: Iterable[Attachment]) -> Change:
        new = {var: value for each in attached for var, value in self.addons.values(addon, each).items()}
        return Change(description=told("Attach", addon, attached), config={**app.record.config, **new})

    def _lose(self, app: RunningApp, addon: Addon, attached: Iterable[Attachment]) -> Change:
        lost = {var for each in attached for var in each.config_vars}
        kept = {name: value for name, value in app.record.config.items() if name not in lost}
        return Change(description=told("Detach", addon, attached), config=kept)

    def _follow(self, app: RunningApp, change: Change) -> None:
        """A release without its command."""
        if change.config == app.record.config:
            return
        release, slug = app.note_release(change), app.slug
        if slug is not None:
            app.follow(slug, release)

    def attachment(self, name: str, app: str | None = None) -> tuple[Addon, Attachment]:
        """An attachment by its id, or by its name in an app.

        Raises:
            NotFound: there is none.
        """
        for record in self.addons.registry.records():
            for each in record.addon.attachments:
                if each.id == name or (each.app == app and each.name == name.upper()):
                    return record.addon, each
        raise NotFound(f"there is no attachment {name}" + (f" of {app}" if app else ""))
