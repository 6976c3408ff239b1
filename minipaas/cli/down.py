"""down."""

import asyncio
import os
import signal
import time
from contextlib import suppress

import click
import psutil

from minipaas.api.client import Client
from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import home
from minipaas.errors import MinipaasError, PlatformDown
from minipaas.store.home import Home, HomeLock

#: Longer than a dyno's grace after SIGTERM and the router's together.
LONGEST_S = 60.0


@click.command(epilog=example("minipaas down", "minipaas down --force"))
@click.option("--force", is_flag=True, help="SIGKILL the dynos, do not wait for them")
def down(force: bool) -> None:
    """Stop the platform: every dyno gets SIGTERM and its time to end; nothing is left running."""
    place = home()
    lock = HomeLock(place)
    pid = _asked(place, lock, force=force)
    if pid is None:
        cleared = asyncio.run(_cleared(place, lock))
        many = "container" if cleared == 1 else "containers"
        left = f" Removed {cleared} {many} that an earlier one left." if cleared else ""
        output.note(f"No platform runs on {place.root}.{left}")
        return
    output.begin("Stopping the platform")
    _wait_until_free(lock, pid)
    output.done()


async def _cleared(place: Home, lock: HomeLock) -> int:
    """Remove what a platform that was killed left on a Docker engine; how many containers."""
    if not (place.root / "runtime" / "docker").is_file():
        return 0
    from minipaas.runtime.docker.leftovers import clear_leftovers  # noqa: PLC0415  after a crash only

    lock.acquire()
    try:
        return await clear_leftovers(place.root)
    finally:
        lock.release()


def _asked(place: Home, lock: HomeLock, *, force: bool) -> int | None:
    """Ask the platform to stop; its pid, None when there is none."""
    try:
        return int(Client(place).call("POST", "/minipaas/actions/stop", {"force": force})["pid"])
    except PlatformDown:
        return _interrupted(lock, force=force)


def _interrupted(lock: HomeLock, *, force: bool) -> int | None:
    """The same by signal, for a platform that does not answer yet."""
    pid = lock.holder()
    # Two of one kind may arrive as one.
    for number in (signal.SIGTERM, signal.SIGINT) if force else (signal.SIGTERM,):
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    return pid


def _wait_until_free(lock: HomeLock, pid: int) -> None:
    """The lock is free when the last dyno is gone; the process itself ends a moment later."""
    end = time.monotonic() + LONGEST_S
    while not lock.free() or _lives(pid):
        if time.monotonic() > end:
            output.note("")
            raise MinipaasError(f"the platform (pid {pid}) does not end", "`minipaas down --force`")
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
