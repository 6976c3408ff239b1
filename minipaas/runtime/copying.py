"""A dyno's own copy of the slug and of the folders laid over it, and what the dyno made of that copy."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from minipaas.runtime.base import FileChange, Launch
from minipaas.runtime.disk import Disk, disk_problem
from minipaas.runtime.layers import Layers, compared, content_below, is_noise, is_opaque, is_whiteout
from minipaas.runtime.reaper import remove_tree

#: Copies share their blocks where the file system can do that.
_COPY = ("cp", "-a", "--reflink=auto") if sys.platform.startswith("linux") else ("cp", "-R", "-p")


def copy_layers(launch: Launch, disk: Disk) -> int:
    """Fill the disk's `app`; returns the moment the copy was whole, as the file system counts (nanoseconds).

    Raises:
        DynoProblem: no space left, or the slug cannot be read.
    """
    try:
        if launch.slug:
            _copy_tree(launch.slug, disk.app)
        for folder in launch.kept:
            _lay_over(folder, disk.app)
        stamp = disk.root / "copied"
        stamp.touch()
        return stamp.stat().st_ctime_ns
    except OSError as error:
        raise disk_problem(disk.root.parent, error.strerror or str(error)) from error


def _copy_tree(source: Path, target: Path) -> None:
    done = subprocess.run((*_COPY, f"{source}/.", str(target)), capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise OSError(0, lines[-1].rpartition(": ")[2] if lines else "cp failed")


def _lay_over(folder: Path, target: Path) -> None:
    """One kept folder in overlayfs form over a plain one."""
    for entry in sorted(folder.iterdir()):
        here = target / entry.name
        kind = entry.lstat()
        if is_whiteout(kind):
            remove_tree(str(here))
        elif entry.is_dir() and not entry.is_symlink():
            if is_opaque(entry) or here.is_symlink() or not here.is_dir():
                remove_tree(str(here))
            here.mkdir(exist_ok=True)
            shutil.copystat(entry, here)
            _lay_over(entry, here)
        else:
            remove_tree(str(here))
            shutil.copy2(entry, here, follow_symlinks=False)


def copy_changes(copy: Path, layers: Layers, copied_at: int) -> Iterator[FileChange]:
    """What is not as it was copied.

    A file whose inode has not changed since the copy was whole is as it was: no program can set that time.
    """
    before = layers.files()
    for relative, path in content_below(copy):
        known = before.pop(relative, None)
        if is_noise(relative) or (known is not None and _untouched(path, copied_at)):
            continue
        change = compared(relative, path, known)
        if change is not None:
            yield change
    for relative in sorted(before):
        if not is_noise(relative) and not os.path.lexists(copy / relative):
            yield FileChange("D", f"/app/{relative}", None)


def _untouched(path: Path, copied_at: int) -> bool:
    """Strictly before: the file system's clock moves in steps of some milliseconds."""
    try:
        return path.lstat().st_ctime_ns < copied_at
    except OSError:
        return False
