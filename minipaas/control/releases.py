"""Releases by command: config vars, rollbacks, slugs. Each waits for its turn, and goes on when the caller leaves."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping

from minipaas.control.app import RunningApp
from minipaas.control.config import describe_change
from minipaas.control.plane import ControlPlane
from minipaas.errors import MinipaasError, NotFound, StoreProblem, UsageProblem
from minipaas.model.feature import RUNTIME_METRICS, Feature
from minipaas.model.release import Change, Release
from minipaas.model.rollback import find_release, roll_back
from minipaas.parse.config_vars import applied, check


class Releases:
    """What may be released by command on a platform's apps.

    Each act returns as soon as the release is written down where a release command has to be run first, and once the
    dynos follow it where none has.
    """

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    async def set_config(self, app: RunningApp, change: Mapping[str, object]) -> Release | None:
        """Set config vars, or unset those given as None; the release in force when that changes nothing.

        Raises:
            UsageProblem: a name or value that cannot be, an add-on sets it, or too much data.
            StoreProblem: it cannot be written; nothing has changed then.
        """
        checked = check(change)

        async def config() -> Change | None:
            record = app.record
            after = applied(record.config, checked, self._plane.addons.standing(app.name).config)
            description = describe_change(_of(record.config, checked), _of(after, checked))
            held = tuple(sorted({*record.held, *checked}))
            if description is None and held != record.held and record.current is not None:
                # Nothing to release, but from now on no file changes it.
                app.save(record.with_release(dataclasses.replace(record.current, held=held)))
            return None if description is None else Change(description=description, config=after, held=held)

        return await self._make(app, config)

    async def roll_back(self, app: RunningApp, word: str) -> Release:
        """Bring back code and config vars of an earlier release, `v12` or its id.

        Raises:
            NotFound: there is no such release, or its slug is gone.
            UsageProblem: it failed, has no code, or runs already.
            StoreProblem: its slug is damaged.
        """

        async def rollback() -> Change:
            target = find_release(app.record, word)
            change = roll_back(app.record, target, self._plane.addons.standing(app.name).config, app.links)
            await self._verify(str(target.slug_id), f"roll back to v{target.version}")
            return change

        return await self._made(app, rollback)

    async def run_slug(self, app: RunningApp, slug_id: str, description: str | None) -> Release:
        """Run a slug that is here already.

        Raises:
            NotFound: there is no such slug.
            StoreProblem: it is damaged.
        """

        async def slug() -> Change:
            await self._verify(slug_id, f"run slug {slug_id[:8]}")
            return Change(description=description or f"Deploy {slug_id[:8]}", slug_id=slug_id)

        return await self._made(app, slug)

    async def _verify(self, slug_id: str, act: str) -> None:
        slugs = self._plane.slugs
        try:
            await asyncio.to_thread(slugs.verify, slug_id)
        except NotFound as error:
            raise NotFound(f"cannot {act}: its slug is gone from the state folder", _AGAIN) from error
        except StoreProblem as error:
            slugs.forget(slug_id)
            raise StoreProblem(f"cannot {act}: its slug is damaged", _AGAIN) from error

    async def _made(self, app: RunningApp, plan: Callable[[], Awaitable[Change]]) -> Release:
        release = await self._make(app, plan)
        assert release is not None
        return release

    async def _make(self, app: RunningApp, plan: Callable[[], Awaitable[Change | None]]) -> Release | None:
        begun: asyncio.Future[Release | None] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                async with self._plane.turn(app.name):
                    await self._carry_out(app, await plan(), begun)
            except MinipaasError as error:
                # Once the release is begun, its status, its output and the log tell how it ended.
                if not begun.done():
                    begun.set_exception(error)
            finally:
                begun.cancel()

        self._plane.tasks.start(work())
        return await asyncio.shield(begun)

    async def _carry_out(
        self, app: RunningApp, change: Change | None, begun: "asyncio.Future[Release | None]"
    ) -> None:
        if change is None:
            begun.set_result(app.record.current)
            return
        release = app.begin_release(change)
        if release.pending:
            begun.set_result(release)
        await app.carry_out(release)
        if not begun.done():
            begun.set_result(release)


def _of(config: Mapping[str, str], names: Mapping[str, object]) -> dict[str, str]:
    """Those config vars, in the order in which they were given."""
    return {name: config[name] for name in names if name in config}


_AGAIN = "deploying the same source again (`minipaas builds:create`) makes it again"


def set_feature(app: RunningApp, feature: Feature, *, enabled: bool) -> None:
    """Switch a feature on or off; that is no release and restarts nothing.

    Raises:
        UsageProblem: it is not to be had with the size of the app's web dynos.
        StoreProblem: it cannot be written.
    """
    web = app.record.formation.get("web")
    if enabled and web is not None and feature.sizes and web.size.name.lower() not in feature.sizes:
        raise UsageProblem(
            f"cannot enable {feature.name}: the web dynos of {app.name} are {web.size.name}",
            f"`minipaas ps:scale web={web.quantity}:standard-1x` makes them larger",
        )
    others = [name for name in app.record.features if name != feature.name]
    names = sorted([*others, feature.name] if enabled else others)
    if tuple(names) != app.record.features:
        app.save(dataclasses.replace(app.record, features=tuple(names)))
        app.say(f"{'Enable' if enabled else 'Disable'} feature {feature.name}")
    if enabled and feature is RUNTIME_METRICS:
        app.begin_runtime_metrics()
