"""The stack: what a dyno sees of this machine, read-only, and the PATH it starts with.

Heroku's stack image stands for `/usr`; here it is this machine's own. Language versions that developers keep in
their home folder (pyenv, nvm, uv, ...) are added where they are, so that an app may name them.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from minipaas.frozen import frozen

#: PATH of a dyno on Heroku (seen in production).
BASE_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
#: Folders that are part of every stack, with all below them.
SYSTEM = (Path("/usr"), Path("/opt"))
#: Variable that moves the tool's folder, its place in the home folder, what to show of it, where its programs are.
_TOOLCHAINS = (
    ("PYENV_ROOT", ".pyenv", "versions", "*/bin"),
    ("NVM_DIR", ".nvm", "versions", "node/*/bin"),
    ("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python", ".", "*/bin"),
    ("RBENV_ROOT", ".rbenv", "versions", "*/bin"),
    ("VOLTA_HOME", ".volta", "tools/image", "node/*/bin"),
    ("FNM_DIR", ".local/share/fnm", "node-versions", "*/installation/bin"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs", "*/*/bin"),
    ("ASDF_DATA_DIR", ".asdf", "installs", "*/*/bin"),
)


@frozen
class Stack:
    """`folders` are those outside `/usr` and `/opt` to show at their own place; `path` is the dyno's PATH."""

    folders: tuple[Path, ...]
    path: str


def find_stack(environ: Mapping[str, str], user_home: Path) -> Stack:
    """Look for language versions in the user's home folder.

    Those the user has on his own PATH come before the others, the newest of the others first; all come after
    the system's own programs.
    """
    folders: list[Path] = []
    programs: list[str] = []
    for variable, place, shown, pattern in _TOOLCHAINS:
        folder = Path(environ.get(variable) or user_home / place) / shown
        if os.access(folder, os.R_OK | os.X_OK):
            folders.append(folder)
            programs += _newest_first(folder, pattern)
    chosen = [entry for entry in environ.get("PATH", "").split(os.pathsep) if _shown(entry, folders)]
    unique = dict.fromkeys((*BASE_PATH, *chosen, *_pyenv_global(environ, user_home), *programs))
    return Stack(tuple(folders), os.pathsep.join(unique))


def _newest_first(folder: Path, pattern: str) -> list[str]:
    return [str(found) for found in sorted(folder.glob(pattern), key=_version, reverse=True) if found.is_dir()]


def _version(path: Path) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", str(path))], str(path)


def _shown(entry: str, folders: list[Path]) -> bool:
    """Is this PATH entry of the caller's inside what the dyno sees?"""
    path = Path(entry)
    inside = any(path.is_relative_to(folder) for folder in (*SYSTEM, *folders))
    return path.is_absolute() and inside and path.is_dir()


def _pyenv_global(environ: Mapping[str, str], user_home: Path) -> Iterator[str]:
    """pyenv's shims need pyenv itself; the version they stand for is taken instead."""
    root = Path(environ.get("PYENV_ROOT") or user_home / ".pyenv")
    try:
        names = (root / "version").read_text().split()
    except (OSError, UnicodeDecodeError):
        return
    for name in names:
        if (root / "versions" / name / "bin").is_dir():
            yield str(root / "versions" / name / "bin")
