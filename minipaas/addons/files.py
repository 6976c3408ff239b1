"""Folders of servers: copied whole or not at all, given to another user."""

import asyncio
import errno
import os
import shutil
from pathlib import Path

from minipaas.errors import StoreProblem
from minipaas.runtime.reaper import remove_tree


def copy_whole(source: Path, target: Path) -> None:
    """Copy a folder so that `target` is there only when it is complete.

    Raises:
        OSError: no space left, or not permitted; nothing is left of the copy.
    """
    begun = target.with_name(f"{target.name}.new")
    remove_tree(str(begun))
    try:
        shutil.copytree(source, begun, symlinks=True)
        begun.rename(target)
    except shutil.Error as error:
        remove_tree(str(begun))
        raise OSError(errno.ENOSPC if _is_full(error) else errno.EIO, _first_cause(error)) from error
    except BaseException:
        remove_tree(str(begun))
        raise


async def copied(source: Path, target: Path) -> None:
    """`copy_whole` beside the loop. A thread cannot be cancelled: who gives up waits until it has ended.

    Raises:
        OSError: as `copy_whole`.
    """
    copying = asyncio.ensure_future(asyncio.to_thread(copy_whole, source, target))
    try:
        await asyncio.shield(copying)
    except asyncio.CancelledError:
        await asyncio.wait([copying])
        raise


def _first_cause(error: shutil.Error) -> str:
    """copytree gathers one (source, target, cause) a file; the first says it all."""
    return str(error.args[0][0][2])


def _is_full(error: shutil.Error) -> bool:
    return os.strerror(errno.ENOSPC) in _first_cause(error)


def give_to(uid: int, folder: Path) -> None:
    """Make a user the owner of a folder and all in it, the folder last: when it is his, all is."""
    if folder.stat().st_uid == uid:
        return
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            os.chown(Path(place, name), uid, uid, follow_symlinks=False)
    os.chown(folder, uid, uid)


def folder_problem(name: str, folder: Path, error: OSError) -> StoreProblem:
    """What to say when an add-on's folder cannot be used."""
    full = error.errno == errno.ENOSPC
    cause = os.strerror(errno.ENOSPC) if full else error.strerror or str(error)
    return StoreProblem(
        f"cannot start the add-on {name} in {folder}: {cause}",
        "free some space there, or set MINIPAAS_HOME to a folder with more of it" if full else None,
    )
