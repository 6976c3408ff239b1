"""One platform from start to end: open it, deploy its apps, say where they are, stop when asked."""

import asyncio
import importlib
import signal
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from minipaas.build.source import Reading, read_source
from minipaas.control.settings import AppSpec
from minipaas.daemon.process import allow_descriptors, short_turns, spare_garbage_collector
from minipaas.daemon.wishes import Plan
from minipaas.errors import MinipaasError
from minipaas.model.dyno import DynoState

if TYPE_CHECKING:
    from minipaas.control.app import RunningApp
    from minipaas.control.plane import ControlPlane

#: A build or a boot that takes longer than this can be looked at, and stopped, by other commands.
API_WAITS_S = 2.0
#: The requests that have waited for the first dyno are answered before the web framework loads beside them.
FIRST_REQUESTS_S = 0.03


class Face(Protocol):
    """What a person sees of a platform while it runs."""

    def opened(self, plane: "ControlPlane") -> None:
        """The router listens; nothing is deployed yet."""

    def building(self, app: str, data: bytes) -> None:
        """A piece of a build's output."""

    def followed(self, app: "RunningApp") -> None:
        """The app's dynos are about to start; its log may be shown from here on."""

    def settled(self, plane: "ControlPlane") -> None:
        """Every dyno is up or has crashed."""

    def answering(self) -> None:
        """The apps are up and the control API answers: every other command works from here on."""

    def stopping(self, plane: "ControlPlane") -> None:
        """The platform goes down."""

    async def closed(self) -> None:
        """Nothing runs any more; show what is still to be shown."""


class Ending:
    """Why a platform ended: the signal that asked for it, or None when `down` did."""

    def __init__(self) -> None:
        self.signal: int | None = None


async def serve(plan: Plan, face: Face) -> Ending:
    """Run until a signal or `down` says stop.

    Raises:
        MinipaasError: the platform cannot open, or an app cannot be deployed; nothing runs then.
    """
    ending = Ending()
    allow_descriptors()
    spare_garbage_collector()
    try:
        async with AsyncExitStack() as stack:
            reading = await stack.enter_async_context(_reading(plan))
            # git is at work while this loads.
            from minipaas.control.lifetime import running  # noqa: PLC0415

            plane = await stack.enter_async_context(running(plan.settings))
            stack.callback(_on_signals(plane, ending))
            plane.on_created = face.followed
            face.opened(plane)
            try:
                with short_turns():
                    await _unless_stopped(plane, _start(plane, _bring_up(plane, plan, face, reading), face, stack))
                await plane.stop_asked.wait()
            finally:
                face.stopping(plane)
                await plane.close()
    finally:
        await face.closed()
    return ending


@asynccontextmanager
async def _reading(plan: Plan) -> AsyncIterator[Mapping[str, Reading]]:
    """Begin to read the source of the first app; that of a later one may still change while it waits for its turn."""
    reading = {
        spec.name: asyncio.ensure_future(read_source(spec.folder, plan.settings.home.root)) for spec in plan.apps[:1]
    }
    for _ in ("the reading begins", "it asks git"):
        await asyncio.sleep(0)
    try:
        yield reading
    finally:
        for source in reading.values():
            source.cancel()
        await asyncio.gather(*reading.values(), return_exceptions=True)


async def _start(plane: "ControlPlane", work: Coroutine[Any, Any, None], face: Face, stack: AsyncExitStack) -> None:
    """The web framework takes longer to load than a small app to boot, so it waits for the apps, but not for long."""
    up = asyncio.ensure_future(work)
    try:
        await asyncio.wait({up}, timeout=API_WAITS_S)
        if not up.done() or up.exception() is None:
            await asyncio.sleep(FIRST_REQUESTS_S)
            await _open_api(plane, stack)
        await up
    finally:
        up.cancel()
        await asyncio.wait({up})
    spare_garbage_collector()
    face.answering()


async def _bring_up(plane: "ControlPlane", plan: Plan, face: Face, reading: Mapping[str, Reading]) -> None:
    for spec in plan.apps:
        await _deploy(plane, spec, face, reading.get(spec.name))
        await asyncio.sleep(0)  # its dynos are launched, and boot while the router loads
        await _load("minipaas.router.client")
        await plane.router.open()
    await _resume_pushed(plane, face, {spec.name for spec in plan.apps})
    await plane.settled(list(plane.apps))
    mended = [await plane.mend(spec, partial(face.building, spec.name)) for spec in plan.apps]
    if any(mended):
        await plane.settled(list(plane.apps))
    face.settled(plane)


async def _resume_pushed(plane: "ControlPlane", face: Face, here: Collection[str]) -> None:
    """The apps that are deployed by git push run wherever `up` is called; one that cannot be run stops no other."""
    from minipaas.control.appbook import AppBook  # noqa: PLC0415  after the first app's dynos are launched

    plane.repositories.sweep()
    for name in plane.repositories.names():
        if name in here:
            continue
        face.followed(await plane.app(name))
        try:
            await AppBook(plane).resume(name, partial(face.building, name))
        except MinipaasError as error:
            face.building(name, f" !     {name} does not run: {error.message}\n".encode())
    await _load("minipaas.router.client")
    await plane.router.open()


def all_up(plane: "ControlPlane") -> bool:
    """Whether no dyno of any app has crashed."""
    slots = [slot for app in plane.apps.values() for slot in app.dynos.slots.values()]
    return all(slot.state is not DynoState.CRASHED for slot in slots)


async def _open_api(plane: "ControlPlane", stack: AsyncExitStack) -> None:
    module = await _load("minipaas.api.server")
    await stack.enter_async_context(module.serving(plane))


async def _load(module: str) -> Any:
    """Import it while the loop goes on."""
    return await asyncio.to_thread(importlib.import_module, module)


async def _deploy(plane: "ControlPlane", spec: AppSpec, face: Face, reading: Reading | None) -> None:
    def building(data: bytes) -> None:
        face.building(spec.name, data)
        plane.tasks.start(plane.router.open())  # a build takes its time, which clients are told

    face.followed(await plane.app(spec.name))
    await plane.deploy(spec, building, reading)


async def _unless_stopped(plane: "ControlPlane", work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or drop it as soon as somebody says stop."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(plane.stop_asked.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        return
    task.result()


def _on_signals(plane: "ControlPlane", ending: Ending) -> Any:
    """The first signal asks every dyno to stop, the second does not wait for them."""
    loop = asyncio.get_running_loop()

    def heard(number: int) -> None:
        ending.signal = ending.signal or number
        if plane.stop_asked.is_set():
            plane.kill()
        plane.stop_asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, heard, number)
    return lambda: [loop.remove_signal_handler(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
