"""Add-ons by command: each change is a release of every app it touches, and their dynos restart.

What an app gains is written down before its release, what it loses after: a platform killed in between finishes the
first at its next deploy, and finds the second not begun.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from minipaas.control.addons import told
from minipaas.control.app import RunningApp
from minipaas.control.plane import ControlPlane
from minipaas.errors import NotFound, UsageProblem
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
        """Make an add-on, start its server, attach it.

        Raises:
            UsageProblem: no such service, or a wished name is taken or no name.
            Missing: no server for it is installed.
            StoreProblem: it does not start, as on a full disk; nothing of it is left then.
        """
        async with self._plane.turn(app.name):
            addon = await self.addons.create(app.name, wish, name)
            await self._gain(app, addon, addon.attached_to(app.name))
        return addon

    async def attach(self, addon: Addon, app: RunningApp, alias: str | None) -> Attachment:
        """Attach an add-on of any app to this one.

        Raises:
            UsageProblem: the wished name is taken or no name.
        """
        async with self._plane.turn(app.name):
            changed, made = self.addons.attach(addon.name, app.name, alias)
            await self._gain(app, changed, [made])
        return made

    async def detach(self, addon: Addon, attachment: Attachment) -> None:
        """Take an attachment away; the add-on stays.

        Raises:
            UsageProblem: it is the last one in the app that has the add-on.
        """
        attaching.detach(addon, attachment)  # refused before anything is released
        app = await self._plane.app(attachment.app)
        async with self._plane.turn(app.name):
            await self._lose(app, addon, [attachment])
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
        for name in addon.apps:
            app = await self._plane.app(name)
            async with self._plane.turn(name):
                await self._lose(app, addon, addon.attached_to(name))
        await self.addons.destroy(addon.app, addon.name)

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
            await self._release(
                app, told("Attach", addon, [made]), {**app.record.config, **self.addons.config(app.name)}
            )
        return made

    async def _gain(self, app: RunningApp, addon: Addon, attached: Iterable[Attachment]) -> None:
        new = {var: value for each in attached for var, value in self.addons.values(addon, each).items()}
        await self._release(app, told("Attach", addon, attached), {**app.record.config, **new})

    async def _lose(self, app: RunningApp, addon: Addon, attached: Iterable[Attachment]) -> None:
        lost = {var for each in attached for var in each.config_vars}
        kept = {name: value for name, value in app.record.config.items() if name not in lost}
        await self._release(app, told("Detach", addon, attached), kept)

    async def _release(self, app: RunningApp, description: str, config: Mapping[str, str]) -> None:
        if config == app.record.config:
            return
        await app.release(Change(description=description, config=config))

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
