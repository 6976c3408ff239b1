"""Slugs on disk, named by their content, and the index that spares an unchanged app its build.

    slugs/<slug_id>/app/        what becomes /app
    slugs/<slug_id>/slug.json   process types and where they came from
    slugs/index.json       build key -> id

A slug appears by one rename, so it is whole or not there. What was begun and not ended has a name that starts
with `.new-` and is cleared by `prune`.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from minipaas.errors import NotFound, StoreProblem
from minipaas.frozen import frozen
from minipaas.model.release import Slug
from minipaas.store.home import Home, read_json, write_atomic
from minipaas.store.tree import Entry, digest, remove, walk

_NEW = ".new-"


@frozen(kw_only=True)
class SlugFacts:
    """What a build found out about a slug beside its files; part of the slug's id."""

    process_types: Mapping[str, str] = field(default_factory=dict)
    default_types: tuple[str, ...] = ()
    buildpack: str = ""
    stack: str = "host"
    addons: tuple[str, ...] = ()


class Slugs:
    """The slugs of one home."""

    def __init__(self, home: Home) -> None:
        self._root = home.slugs

    def find(self, key: str) -> Slug | None:
        """The slug that an earlier build with the same key made, if it is still here and still runs.

        Raises:
            StoreProblem: the index is damaged.
        """
        found = self._index().get(key)
        if found is None:
            return None
        try:
            return self.get(str(found)) if self._stands(str(found)) else None
        except (NotFound, StoreProblem):
            return None

    def get(self, slug_id: str) -> Slug:
        """A slug by id.

        Raises:
            NotFound: there is none.
            StoreProblem: its description is damaged.
        """
        described = self._describe(slug_id)
        facts = _facts_from(described, self._root / slug_id)
        return Slug(
            id=slug_id,
            root=self._root / slug_id / "app",
            process_types=facts.process_types,
            default_types=facts.default_types,
            buildpack=facts.buildpack,
            stack=facts.stack,
            size_bytes=int(described.get("size_bytes", 0)),
            addons=facts.addons,
        )

    def all(self) -> list[Slug]:
        """Every slug here, in no order that means anything."""
        return [self.get(folder.name) for folder in self._folders()]

    def store(self, tree: Path, facts: SlugFacts) -> Slug:
        """Make a slug of a finished build folder, which is moved away (same file system) or stays untouched.

        May take as long as reading all of it: call it in a thread.

        Raises:
            StoreProblem: no space left, or not permitted; no slug was made.
        """
        with self._telling(tree):
            entries = _without_oddities(tree)
            slug_id = _identity(digest(tree, entries), facts)
            if not self._undamaged(slug_id):
                self._put(slug_id, tree, facts, entries)
        return self.get(slug_id)

    def remember(self, key: str, slug_id: str) -> None:
        """The next build with this key is answered by that slug.

        Raises:
            StoreProblem: the index cannot be written.
        """
        write_atomic(self._root / "index.json", json.dumps({**self._index(), key: slug_id}, indent=1))

    def whole(self, slug_id: str) -> bool:
        """Whether a slug has as many files of together the size that its build wrote: a look, `verify` reads them."""
        try:
            described = self._describe(slug_id)
            files = [entry.size for entry in walk(self._root / slug_id / "app") if entry.is_file]
        except (NotFound, StoreProblem, OSError):
            return False
        return (len(files), sum(files)) == (described.get("files"), described.get("size_bytes"))

    def forget(self, slug_id: str) -> None:
        """No build is answered by that slug any more, so that the next one makes it again.

        Raises:
            StoreProblem: the index cannot be written.
        """
        index = self._index()
        kept = {key: known for key, known in index.items() if known != slug_id}
        if kept != index:
            write_atomic(self._root / "index.json", json.dumps(kept, indent=1))

    def verify(self, slug_id: str) -> None:
        """Read all of a slug and compare; may take long: call it in a thread.

        Raises:
            NotFound: there is none.
            StoreProblem: it is not what the build made (Heroku's R17, checksum error).
        """
        facts = _facts_from(self._describe(slug_id), self._root / slug_id)
        tree = self._root / slug_id / "app"
        with self._telling(tree):
            if _identity(digest(tree, walk(tree)), facts) != slug_id:
                raise StoreProblem(
                    f"cannot use slug {slug_id[:8]}: its files are not those that were built",
                    "deploying its source builds it again",
                )

    def prune(self, keep: set[str]) -> list[str]:
        """Delete every slug but those, and what killed builds left; the ids that are gone.

        Raises:
            StoreProblem: something cannot be deleted.
        """
        gone = [folder for folder in self._folders() if folder.name not in keep]
        with self._telling(self._root):
            for folder in (*gone, *self._root.glob(f"{_NEW}*")):
                remove(folder)
        index = self._index()
        kept = {key: slug_id for key, slug_id in index.items() if slug_id in keep}
        if kept != index:
            write_atomic(self._root / "index.json", json.dumps(kept, indent=1))
        return [folder.name for folder in gone]

    def _put(self, slug_id: str, tree: Path, facts: SlugFacts, entries: list[Entry]) -> None:
        new = self._root / f"{_NEW}{os.urandom(8).hex()}"
        moved = new / "app"
        try:
            new.mkdir(parents=True)
            new.chmod(0o755)
            write_atomic(new / "slug.json", json.dumps(_described(slug_id, tree, facts, entries), indent=1))
            tree.chmod(0o755)
            tree.rename(moved)
            _flush(new)
            remove(self._root / slug_id)
            new.rename(self._root / slug_id)
            _fsync(self._root)
        except BaseException:
            if moved.exists() and not tree.exists():
                moved.rename(tree)
            remove(new)
            raise

    def _describe(self, slug_id: str) -> Mapping[str, Any]:
        described = None
        if len(slug_id) == 64 and slug_id.isalnum():
            described = read_json(self._root / slug_id / "slug.json")
        if described is None:
            raise NotFound(f"there is no slug {slug_id[:8]}")
        return described

    def _undamaged(self, slug_id: str) -> bool:
        try:
            self.verify(slug_id)
        except (NotFound, StoreProblem):
            return False
        return True

    def _stands(self, slug_id: str) -> bool:
        """Whether it is here, and what it links to outside itself (an interpreter) is still on this machine."""
        if not (self._root / slug_id / "app").is_dir():
            return False
        return all(Path(str(path)).exists() for path in self._describe(slug_id).get("leans_on", []))

    def _index(self) -> Mapping[str, Any]:
        return read_json(self._root / "index.json") or {}

    def _folders(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return [path.parent for path in self._root.glob("*/slug.json") if not path.parent.name.startswith(".")]

    @contextmanager
    def _telling(self, about: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "free some space in the state folder and try again" if error.errno == errno.ENOSPC else None
            raise StoreProblem(f"cannot keep the slug {about}: {error.strerror or error}", hint) from error


def _identity(tree_digest: str, facts: SlugFacts) -> str:
    said = json.dumps(_facts_json(facts), sort_keys=True)
    return hashlib.sha256(f"{tree_digest}\n{said}".encode()).hexdigest()


def _facts_json(facts: SlugFacts) -> dict[str, Any]:
    return {
        # A list, not an object: the order of the Procfile is the order of the formation.
        "process_types": [list(item) for item in facts.process_types.items()],
        "default_types": list(facts.default_types),
        "buildpack": facts.buildpack,
        "stack": facts.stack,
        "addons": list(facts.addons),
    }


def _facts_from(described: Mapping[str, Any], folder: Path) -> SlugFacts:
    try:
        return SlugFacts(
            process_types={str(name): str(command) for name, command in described["process_types"]},
            default_types=tuple(map(str, described["default_types"])),
            buildpack=str(described["buildpack"]),
            stack=str(described["stack"]),
            addons=tuple(map(str, described["addons"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreProblem(
            f"cannot read {folder / 'slug.json'}: not what a build wrote", f"delete {folder} and build again"
        ) from error


def _described(slug_id: str, tree: Path, facts: SlugFacts, entries: list[Entry]) -> dict[str, Any]:
    return {
        "id": slug_id,
        **_facts_json(facts),
        "files": sum(entry.is_file for entry in entries),
        "size_bytes": sum(entry.size for entry in entries if entry.is_file),
        "leans_on": _leans_on(tree, entries),
    }


def _leans_on(tree: Path, entries: list[Entry]) -> list[str]:
    """Absolute link targets that are files of this machine: gone after an upgrade of it, and the slug is dead."""
    targets = set()
    for entry in entries:
        if entry.is_link:
            target = (tree / entry.path).readlink()
            if target.is_absolute() and not target.is_relative_to(tree) and target.is_file():
                targets.add(str(target))
    return sorted(targets)


def _without_oddities(tree: Path) -> list[Entry]:
    """The entries, after what cannot be in a slug (sockets, pipes) was deleted."""
    entries = []
    for entry in walk(tree):
        if entry.is_file or entry.is_link or entry.is_folder:
            entries.append(entry)
        else:
            (tree / entry.path).unlink()
    return entries


def _flush(folder: Path) -> None:
    """Everything in the file system of `folder` to the disk: thousands of files one by one would take seconds."""
    import ctypes  # noqa: PLC0415  for a new slug only

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        _fsync(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(descriptor)


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems refuse it for folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
