"""The docker runtime: dynos as containers of a Docker engine on this machine.

They share the machine's network, as the sandbox's dynos do. So `DATABASE_URL` with 127.0.0.1 is right in them, a port
is taken once for all, and the router needs no way into a network of the engine's.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime.base import Capabilities, DynoProcess, Launch, Terminal
from minipaas.runtime.disk import Disk, disk_problem
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.attachment import Attachment, attach
from minipaas.runtime.docker.changes import upper_folder
from minipaas.runtime.docker.container import ContainerProcess, see_processes
from minipaas.runtime.docker.engine import Engine, EngineDown, is_missing
from minipaas.runtime.docker.images import UID, Images, stack_of
from minipaas.runtime.docker.kept import Kept
from minipaas.runtime.docker.leftovers import note, remove_containers, took_down
from minipaas.runtime.docker.loans import Loans
from minipaas.runtime.docker.recipe import Recipe, trusted_here
from minipaas.runtime.traces import Traces

if TYPE_CHECKING:
    from docker import APIClient

#: An engine that is being restarted has so long to come back; dynos that start meanwhile wait.
ENGINE_BACK_S = 60.0
_LOOK_S = 0.2


class DockerRuntime:
    """Launches dynos as containers. `state` is the home folder; made by `open`."""

    name = "docker"

    def __init__(self, state: Path, engine: Engine, stack: str = "") -> None:
        self._state = state
        self._engine = engine
        self._stack = stack_of(stack)
        self._stack_id = ""
        self._traces = Traces(state)
        self._run = self._traces.mark("")[:-1]
        #: Whoever runs the platform can then read and delete what a dyno wrote, without being root.
        self._uid = os.geteuid() or UID
        self._images = Images(engine, self._traces.home, self._run, self._uid, _say)
        self._loans = Loans(self._uid)

    @classmethod
    async def open(cls, state: Path, stack: str = "", *, fetch: bool = True) -> "DockerRuntime":
        """Connect to the engine, and see that it is one of this machine and has the stack's image.

        Args:
            fetch: pull the image where it is not there.

        Raises:
            RuntimeMissing: no such engine, or no such image.
            DynoProblem: the engine failed.
        """
        engine = await Engine.connect()
        try:
            _see_that_it_is_here(engine)
            made = cls(state, engine, stack)
            note(state, engine.host)
            made._stack_id = await made._images.stack(made._stack.run, fetch=fetch)
        except BaseException:
            await engine.close()
            raise
        return made

    def capabilities(self) -> Capabilities:
        """Everything."""
        return Capabilities(
            name=self.name,
            private_files=True,
            private_tmp=True,
            private_processes=True,
            read_only_stack=True,
            memory_limit=True,
            process_limit=True,
            stack=f"{self._stack.run}@{self._stack_id}",
        )

    def inside(self, source: Path, target: str) -> str:
        """Folders are mapped: the target."""
        return target

    async def start(self, launch: Launch) -> DynoProcess:
        """Launch; see the protocol. Waits for an engine that is being restarted.

        Raises:
            DynoProblem: as the protocol has it; also where the engine stays away, or its disk is full.
        """
        deadline = time.monotonic() + ENGINE_BACK_S
        while True:
            try:
                return await self._start(launch)
            except RuntimeMissing as missing:
                raise DynoProblem(missing.message, missing.hint) from missing
            except EngineDown:
                if time.monotonic() > deadline:
                    raise
                await self._until_back(deadline)

    async def _until_back(self, deadline: float) -> None:
        """Look now and then: there is nobody who could tell."""
        back = False
        while not back and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_S)
            back = self._engine.answers()

    async def _start(self, launch: Launch) -> DynoProcess:
        if any("\0" in word for item in launch.env.items() for word in item):
            raise DynoProblem("cannot launch a dyno: its environment has a NUL character")
        disk = Disk(launch.host.area / launch.id)
        self._traces.remember(launch.id, disk.root)
        undo: list[Callable[[], object]] = [lambda: self._clear(launch, disk)]
        try:
            disk.make()
            _make_mount_points(launch, disk)
            lent = await asyncio.to_thread(self._lend, launch)
            undo.append(lambda: self._loans.take_back(lent))
            container = await self._create(launch, disk)
            undo.append(lambda: self._engine.soon(lambda api: api.remove_container(container, force=True, v=True)))
            process = await self._begin(launch, disk, container, lambda: self._loans.take_back(lent))
        except BaseException:
            for act in reversed(undo):
                act()
            raise
        self._traces.guard()
        return process

    def _lend(self, launch: Launch) -> tuple[Path, ...]:
        try:
            return self._loans.lend(launch.binds)
        except OSError as error:
            raise DynoProblem(f"cannot give a folder to a dyno: {error.strerror}: {error.filename}") from error

    async def _create(self, launch: Launch, disk: Disk) -> str:
        kept = await asyncio.to_thread(Kept.of, launch) if launch.kept else None
        gone = disk.root / "gone" if kept and kept.gone else None
        if kept and gone:
            kept.write_gone(gone)
        try:
            container = await self._create_from(launch, disk, gone)
        except DynoProblem as problem:
            if problem.__cause__ is None or not is_missing(problem.__cause__):
                raise
            self._images.forget()  # somebody has removed the image
            container = await self._create_from(launch, disk, gone)
        if kept and kept.added:
            await self._engine.call("lay files into a dyno", lambda api: self._put(api, container, kept))
        return container

    async def _create_from(self, launch: Launch, disk: Disk, gone: Path | None) -> str:
        builds = launch.slug is None and not any(bind.target == "/app" for bind in launch.binds)
        image = await self._images.of(launch.slug, self._stack.build if builds else self._stack.run)
        recipe = Recipe(
            launch=launch,
            image=image,
            image_env=await self._images.env_names(image),
            uid=self._uid,
            mark=self._traces.mark(launch.id),
            labels=labels.container_labels("dyno", self._traces.home, self._run, launch.id),
            disk=disk,
            gone=gone,
            trusted=trusted_here(),
        )
        return await self._engine.call("make a container", lambda api: _create(api, recipe))

    def _put(self, api: "APIClient", container: str, kept: Kept) -> None:
        with tempfile.TemporaryFile() as archive:
            kept.pack(archive, self._uid)
            archive.seek(0)
            api.put_archive(container, "/", archive)

    async def _begin(self, launch: Launch, disk: Disk, container: str, ended: Callable[[], None]) -> ContainerProcess:
        stream = await self._engine.call(
            "attach to a container", lambda api: attach(api, container, attached=launch.attached)
        )

        def resized(size: Terminal) -> None:
            self._engine.soon(lambda api: api.resize(container, size.rows, size.columns))

        def discarded() -> None:
            self._clear(launch, disk)
            self._engine.soon(lambda api: api.remove_container(container, force=True, v=True))

        attachment = Attachment(stream, launch, resized)
        try:
            begun = await self._engine.call("start a container", lambda api: _started(api, container))
        except BaseException:
            attachment.silence()
            raise
        process = ContainerProcess(launch, self._engine, container, attachment, disk, ended, discarded)
        attachment.start()
        await process.live(begun, upper_folder(begun))
        return process

    def _clear(self, launch: Launch, disk: Disk) -> None:
        disk.discard()
        self._traces.forget(launch.id)

    async def sweep(self) -> int:
        """End and clear what an earlier platform on this home left: containers, processes, disks, stale images."""
        gone = await self._engine.call("clear an earlier platform's containers", self._remove_containers)
        swept = await asyncio.to_thread(self._traces.sweep)
        with suppress(DynoProblem):
            await self._images.prune()
        return max(gone, swept)

    def _remove_containers(self, api: "APIClient", *, own: bool = False) -> int:
        return remove_containers(api, self._traces.home, lambda marks: (marks.get(labels.RUN) == self._run) == own)

    async def close(self) -> None:
        """Let the warden and the engine go; what a launch that was given up has left goes too."""
        self._traces.close()
        with suppress(DynoProblem):
            await self._engine.call("clear up", lambda api: self._remove_containers(api, own=True))
            took_down(self._state)
        await self._engine.close()


def _say(text: str) -> None:
    """Where nothing else can be shown yet: the platform has not opened."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def _make_mount_points(launch: Launch, disk: Disk) -> None:
    """The engine would make them as root, and an ordinary user could not delete them.

    Raises:
        DynoProblem: no space left.
    """
    try:
        for bind in launch.binds:
            if bind.target.startswith("/tmp/") and bind.source.is_dir():
                (disk.tmp / bind.target.removeprefix("/tmp/")).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_problem(disk.root.parent, error.strerror or str(error)) from error


def _create(api: "APIClient", recipe: Recipe) -> str:
    from docker.types import LogConfig, Mount  # noqa: PLC0415  loaded by then

    mounts = [
        Mount(target, str(source), type="bind", read_only=not writable)
        for source, target, writable in recipe.mounts()
    ]
    host = api.create_host_config(
        **recipe.host_config(), mounts=mounts, log_config=LogConfig(type=LogConfig.types.NONE)
    )
    try:
        return str(api.create_container(**recipe.config(), host_config=host)["Id"])
    except OSError as error:
        if "bind source path does not exist" in str(error):
            raise DynoProblem(
                "cannot make a container: the Docker engine does not see this machine's files"
            ) from error
        raise


def _started(api: "APIClient", container: str) -> dict[str, Any]:
    api.start(container)
    return see_processes(api, container)


def _see_that_it_is_here(engine: Engine) -> None:
    """Dynos share this machine's network and files, which an engine elsewhere does not have.

    Raises:
        RuntimeMissing: it is another machine's, or a virtual one's.
    """
    options = " ".join(map(str, engine.facts.get("SecurityOptions") or ()))
    elsewhere = ""
    if not engine.host.startswith("unix://"):
        elsewhere = "it is not on this machine"
    elif "Docker Desktop" in str(engine.facts.get("OperatingSystem")):
        elsewhere = "Docker Desktop runs it in a virtual machine with a network of its own"
    elif "name=rootless" in options:
        elsewhere = "it is rootless and has a network of its own"
    if elsewhere:
        raise RuntimeMissing(
            f"cannot use the Docker engine at {engine.host}: {elsewhere}",
            "set DOCKER_HOST to an engine of this machine that root runs, or leave `--runtime` away",
        )
