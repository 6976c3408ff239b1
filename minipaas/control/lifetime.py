"""A platform's life on its home folder: from the lock to the end of the last dyno."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from minipaas.control.plane import ControlPlane
from minipaas.control.settings import Settings
from minipaas.runtime.choose import choose
from minipaas.store.home import HomeLock

#: Runtimes that have nothing left when a platform has ended in order; an engine may know more.
_LEAVE_NOTHING = ("sandbox", "process")


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[ControlPlane]:
    """A platform on this home, from the lock to the last dyno's end.

    Raises:
        PlatformRunning: another platform has the home.
        RuntimeMissing: the runtime asked for cannot run here.
        PortTaken: the router's port is in use.
        StoreProblem: the state folder cannot be used.
    """
    async with AsyncExitStack() as stack:
        settings.home.prepare()
        lock = HomeLock(settings.home)
        lock.acquire()
        stack.callback(lock.release)
        runtime, capabilities = await choose(settings.runtime, settings.home, settings.stack, settings.registry)
        if lock.interrupted or runtime.name not in _LEAVE_NOTHING:
            await runtime.sweep()
        plane = ControlPlane(settings, runtime, capabilities)

        async def end(error: type[BaseException] | None, *_: object) -> None:
            await plane.close()
            if error is None:
                lock.tidy()

        stack.push_async_exit(end)
        await plane.addons.sweep()
        await plane.open()
        plane.tasks.start(plane.builder.sweep())
        if capabilities.hosts:
            from minipaas.control.cluster import Cluster  # noqa: PLC0415  real machines are the exception

            plane.cluster = Cluster(plane, runtime)
        yield plane
