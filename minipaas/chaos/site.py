"""Where a lab stands: a folder and a lock of its own, so that a running platform is never touched.

Slugs and build caches are the user's own: they never change once made, and a built slug need not be built again.
"""

import asyncio
import contextlib
import shutil
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from minipaas.runtime.base import Host, Runtime
from minipaas.runtime.choose import choose
from minipaas.runtime.hosts import make_hosts
from minipaas.store.home import Home, HomeLock

#: Simulated hosts of a lab: a move is always to another one.
HOSTS = 3


@dataclass(frozen=True, slots=True)
class Site:
    """`user` is the home slugs come from, `home` the lab's own.

    `remote` hosts are real machines, of which only the first can be given folders.
    """

    user: Home
    home: Home
    runtime: Runtime
    hosts: tuple[Host, ...]
    remote: bool = False


@contextlib.asynccontextmanager
async def site(user: Home, wanted_runtime: str, stack: str = "") -> AsyncIterator[Site]:
    """A place for a lab, gone at the end; what a killed run left is cleared first.

    Args:
        stack: as `--stack` has it.

    Raises:
        RuntimeMissing: the runtime asked for cannot run here.
        StoreProblem: the state folder cannot be used.
    """
    user.prepare()
    labs = user.root / "labs"
    await _sweep(labs, wanted_runtime, stack)
    home = Home(labs / uuid.uuid4().hex[:12])
    home.prepare()
    lock = HomeLock(home)
    lock.acquire()
    try:
        runtime, can = await choose(wanted_runtime, home, stack)
        try:
            yield Site(user, home, runtime, can.hosts or make_hosts(HOSTS, home.hosts), bool(can.hosts))
        finally:
            await runtime.close()
    finally:
        lock.release()
        await asyncio.to_thread(shutil.rmtree, home.root, ignore_errors=True)


async def _sweep(labs: Path, wanted_runtime: str, stack: str) -> None:
    for folder in labs.glob("*"):
        home = Home(folder)
        if not HomeLock(home).free():
            continue
        runtime, _ = await choose(wanted_runtime, home, stack)
        await runtime.sweep()
        await runtime.close()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
