"""Which files of a folder are the app, and the digest that tells whether they changed."""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from minipaas.build.gitwork import clean_head, in_repository, listed_files
from minipaas.build.unbroken import in_thread
from minipaas.errors import BuildFailed, UsageProblem
from minipaas.frozen import frozen
from minipaas.model.app import FileWarning, Procfile
from minipaas.parse.procfile import parse_procfile
from minipaas.store.tree import Digest, Entry, content, digest, entry_at, in_order, walk

#: Whether `.slugignore` names a path.
Ignored = Callable[[str], bool]
#: A source that is being read.
Reading = Awaitable["Source"]
#: Left out of a folder that is no git work tree: other people's code, and what tools leave.
_NEVER_SOURCE = frozenset({".git", ".hg", "node_modules", ".venv", "venv", "__pycache__", ".pytest_cache"})


@frozen
class Source:
    """An app's files as they are on disk now. `head` is the git commit when nothing differs from it."""

    folder: Path
    entries: tuple[Entry, ...]
    digest: str
    head: str | None = None
    warnings: tuple[FileWarning, ...] = ()

    @property
    def version(self) -> str:
        """Eight hex digits, as in `Deploy 1f9e9f8f`."""
        return (self.head or self.digest)[:8]


async def read_source(folder: Path, home: Path) -> Source:
    """Find the app's files and read them once.

    `home` is left out where it lies inside the folder: an app must not swallow the platform's own state.

    Raises:
        UsageProblem: the folder is not there, holds no files, or one cannot be read.
    """
    if not folder.is_dir():
        raise UsageProblem(f"cannot build {folder}: no such folder")
    if not in_repository(folder):
        entries, warnings, digested = await in_thread(_read, folder, home, None)
        return Source(folder, entries, digested, None, warnings)
    head, listed = asyncio.ensure_future(clean_head(folder)), asyncio.ensure_future(listed_files(folder))
    try:
        entries, warnings, digested = await in_thread(_read, folder, home, await listed)
        return Source(folder, entries, digested, await head, warnings)
    finally:
        head.cancel()
        listed.cancel()


async def read_commit(folder: Path, commit: str) -> Source:
    """What a commit was exported to: all of it is the app, `.env` and vendored packages too, as on Heroku.

    Raises:
        UsageProblem: there are no files in it.
    """
    entries, warnings, digested = await in_thread(_read_all, folder)
    return Source(folder, entries, digested, commit, warnings)


def _read_all(folder: Path) -> tuple[tuple[Entry, ...], tuple[FileWarning, ...], str]:
    ignored, warnings = _slugignore(folder)
    entries = in_order(entry for entry in walk(folder) if not entry.is_folder and not ignored(entry.path))
    if not entries:
        raise UsageProblem("cannot build this commit: there are no files in it")
    return tuple(entries), tuple(warnings), digest(folder, entries)


def copy_source(source: Source, target: Path) -> str:
    """Copy the files, times and modes kept, into an empty folder; the digest of what was really copied.

    That differs from `source.digest` when the user saved a file in between.

    Raises:
        OSError: no space left, or a file vanished.
    """
    whole = Digest()
    made = {target}
    for entry in source.entries:
        path = target / entry.path
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        if entry.is_link:
            path.symlink_to((source.folder / entry.path).readlink())
            whole.add(entry, content(source.folder, entry))
        else:
            whole.add(entry, _copying(source.folder, entry, path))
    return whole.hex()


def _copying(folder: Path, entry: Entry, target: Path) -> Iterator[bytes]:
    """The file's bytes, each written to the copy on its way."""
    # The owner can always read and write: a build must be able to change any file of the app.
    mode = stat.S_IMODE(entry.mode) & 0o777 | 0o600
    with target.open("xb") as copy:
        for data in content(folder, entry):
            copy.write(data)
            yield data
    target.chmod(mode)
    status = (folder / entry.path).stat(follow_symlinks=False)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _read(
    folder: Path, home: Path, listed: list[str] | None
) -> tuple[tuple[Entry, ...], tuple[FileWarning, ...], str]:
    entries, warnings = _select(folder, home, listed)
    if not entries:
        raise UsageProblem(f"cannot build {folder}: there are no files in it")
    try:
        return tuple(entries), tuple(warnings), digest(folder, entries)
    except OSError as error:
        raise UsageProblem(f"cannot read {error.filename or folder}: {error.strerror}") from error


def _select(folder: Path, home: Path, listed: list[str] | None) -> tuple[list[Entry], list[FileWarning]]:
    try:
        warnings: list[FileWarning] = []
        entries = list(_listed(folder, listed)) if listed else list(_walked(folder, home, ""))
        if not listed and (folder / ".git").exists():
            warnings.append(FileWarning(".git", None, "git cannot list this folder: ignored files are taken too"))
        ignored, more = _slugignore(folder)
        warnings += more
        return in_order(_wanted(entries, ignored, home, folder, warnings)), warnings
    except OSError as error:
        raise UsageProblem(f"cannot read {error.filename or folder}: {error.strerror}") from error


def _wanted(
    entries: list[Entry], ignored: Ignored, home: Path, folder: Path, warnings: list[FileWarning]
) -> Iterator[Entry]:
    inside = f"{home.relative_to(folder)}/" if home.is_relative_to(folder) else None
    for entry in entries:
        if entry.path == ".env" or ignored(entry.path):
            continue
        if inside and entry.path.startswith(inside):
            continue
        if entry.is_file or entry.is_link:
            yield entry
        else:
            warnings.append(FileWarning(entry.path, None, "left out: neither a file, a folder nor a link"))


def _listed(folder: Path, names: list[str]) -> Iterator[Entry]:
    """Git's list as it is on disk: what was deleted is gone, a repository inside is taken whole."""
    for name in names:
        try:
            entry = entry_at(folder, name.rstrip("/"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        if entry.is_folder:
            yield from _walked(folder, None, entry.path)
        else:
            yield entry


def _walked(folder: Path, home: Path | None, below: str) -> Iterator[Entry]:
    def leave_out(path: str, name: str) -> bool:
        return name in _NEVER_SOURCE or name.endswith(".pyc") or (home is not None and folder / path == home)

    prefix = f"{below}/" if below else ""
    for entry in walk(folder / below, leave_out):
        if not entry.is_folder:
            yield Entry(prefix + entry.path, entry.mode, entry.size)


def _slugignore(folder: Path) -> tuple[Ignored, list[FileWarning]]:
    """`.slugignore` is `.gitignore` without negation (DC:slug-compiler)."""
    try:
        lines = (folder / ".slugignore").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return lambda _path: False, []
    warnings = [
        FileWarning(".slugignore", number, "a pattern that starts with `!` has no effect in a .slugignore")
        for number, line in enumerate(lines, 1)
        if line.startswith("!")
    ]
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  most apps have no such file

    try:
        spec = GitIgnoreSpec.from_lines(line for line in lines if not line.startswith("!"))
    except ValueError as error:
        raise BuildFailed(f"cannot read .slugignore: {error}") from error
    return spec.match_file, warnings


def read_procfile(folder: Path) -> Procfile:
    """The Procfile of an app or a slug; an empty one where there is none.

    Raises:
        FileProblem: it cannot be used.
        BuildFailed: it cannot be read.
    """
    try:
        text = (folder / "Procfile").read_bytes().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return Procfile({})
    except OSError as error:
        raise BuildFailed(f"cannot read {folder / 'Procfile'}: {error.strerror}") from error
    return parse_procfile(text, "Procfile")
