"""An earlier dyno's writes, laid over a slug: as files to put there, and files to take away."""

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from minipaas.runtime.base import Launch
from minipaas.runtime.layers import Layers


@dataclass(frozen=True, slots=True)
class Kept:
    """`added` has paths relative to `/app` and where their bytes are, `gone` the slug's that are no more."""

    added: dict[str, Path]
    gone: tuple[str, ...]

    @classmethod
    def of(cls, launch: Launch) -> "Kept":
        """What the folders `kept` make of the slug. Blocking."""
        before = Layers((launch.slug,)).files() if launch.slug else {}
        after = Layers((*((launch.slug,) if launch.slug else ()), *launch.kept)).files()
        added = {name: path for name, path in after.items() if before.get(name) != path}
        return cls(added, tuple(sorted(before.keys() - after.keys())))

    def pack(self, archive: IO[bytes], uid: int) -> None:
        """As a tar to unpack at `/`, all of it the dyno's own."""
        with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for folder in sorted({parent for name in self.added for parent in _parents(name)}):
                entry = tarfile.TarInfo(f"app/{folder}")
                entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, uid, uid
                tar.addfile(entry)
            for name, path in self.added.items():
                tar.add(path, f"app/{name}", recursive=False, filter=lambda entry: _owned(entry, uid))

    def write_gone(self, file: Path) -> None:
        """The list that the dyno deletes before its command, as it is itself the owner of `/app`."""
        file.write_bytes(b"".join(os.fsencode(f"/app/{name}") + b"\0" for name in self.gone))
        file.chmod(0o644)


def _parents(name: str) -> Iterator[str]:
    parts = name.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _owned(entry: tarfile.TarInfo, uid: int) -> tarfile.TarInfo:
    entry.uid = entry.gid = uid
    entry.uname = entry.gname = ""
    return entry
