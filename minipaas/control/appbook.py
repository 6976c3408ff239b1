"""Apps that commands make and destroy, and that run again whenever the platform does: those deployed by push."""

import asyncio
import shutil

from minipaas.control.app import RunningApp
from minipaas.control.attaching import Attaching
from minipaas.control.config import describe_change
from minipaas.control.plane import ControlPlane
from minipaas.control.settings import AppSpec
from minipaas.errors import StoreProblem, UsageProblem
from minipaas.model.release import Change, Release
from minipaas.parse.app_name import check_new_name
from minipaas.runtime.base import Output


class AppBook:
    """What may be done to the list of a platform's apps."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    async def create(self, name: str) -> RunningApp:
        """A new app that code can be pushed to.

        Raises:
            UsageProblem: the name is taken, or no name.
            Missing: git is not installed.
            StoreProblem: it cannot be written; there is no such app then.
        """
        plane = self._plane
        check_new_name(name)
        if name in plane.apps or plane.store.find(name) is not None:
            raise UsageProblem(f"Name {name} is already taken", "`minipaas apps:create` alone makes one up")
        await asyncio.to_thread(plane.repositories.make, name)
        try:
            app = await plane.app(name)
        except BaseException:
            plane.repositories.delete(name)
            raise
        plane.on_created(app)
        return app

    async def destroy(self, app: RunningApp) -> None:
        """Stop the app and forget it: releases, config vars, logs, its repository, add-ons and their data.

        Raises:
            UsageProblem: it is being built.
            StoreProblem: something of it cannot be deleted.
        """
        plane = self._plane
        if plane.building(app.name):
            raise UsageProblem(f"cannot destroy {app.name}: it is being built", "wait for the end of the build")
        async with plane.turn(app.name):
            if (plane.settings.home.addons / app.name).is_dir():
                await Attaching(plane).forget(app.name)
            await plane.forget(app)

    async def resume(self, name: str, output: Output) -> None:
        """Run a pushed app again as it was when the last platform ended; built again when its slug is gone.

        Raises: as `ControlPlane.deploy`.
        """
        plane = self._plane
        app = await plane.app(name)
        await asyncio.to_thread(plane.repositories.make, name)
        current, slug = app.record.current, app.slug
        if current is None or current.slug_id is None:
            return
        if slug is None or not await asyncio.to_thread(plane.slugs.whole, slug.id):
            await self._rebuild(app, current.slug_id, output)
            return
        async with plane.turn(name):
            app.follow(slug, await self._current(app, current))

    async def _current(self, app: RunningApp, current: Release) -> Release:
        """The release to run, with its add-ons started; a new one where an add-on had to take another address."""
        provided = await self._plane.addons.provide(app.name, ())
        config = {**current.config, **provided.config}
        change = describe_change(current.config, config)
        return current if change is None else app.note_release(Change(description=change, config=config))

    async def _rebuild(self, app: RunningApp, slug_id: str, output: Output) -> None:
        plane = self._plane
        commit = await asyncio.to_thread(plane.repositories.head, app.name)
        if commit is None:
            raise StoreProblem(f"cannot run {app.name}: its slug is gone", "push it again")
        output(f" !     The slug of {app.name} is gone or damaged. Building {commit[:8]} again\n".encode())
        plane.slugs.forget(slug_id)
        folder = await asyncio.to_thread(plane.repositories.export, app.name, commit)
        try:
            await plane.deploy(AppSpec(name=app.name, folder=folder, commit=commit), output)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
