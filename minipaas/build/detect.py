"""Which buildpacks a build goes through, and where they are on disk."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.build.words import body
from minipaas.errors import BuildFailed, UsageProblem
from minipaas.frozen import frozen
from minipaas.store.home import Home
from minipaas.store.tree import digest, walk

if TYPE_CHECKING:
    from minipaas.build.fetch import Clones
    from minipaas.build.reference import Reference

#: Asked in this order when none is given: an app's own scripts first, then Heroku's order (node before python).
SHIPPED_ORDER = ("inline", "nodejs", "python", "static")
_NEEDED = ("detect", "compile")


@frozen
class Buildpack:
    """A buildpack found. `digest` changes when its content does."""

    name: str
    folder: Path
    digest: str
    shipped: bool


@frozen
class Plan:
    """What to run. `explicit` false: the first that detects is the one."""

    buildpacks: tuple[Buildpack, ...]
    explicit: bool

    @property
    def shipped_only(self) -> bool:
        """Whether all of it is ours, which keeps a failed build's cache usable."""
        return all(buildpack.shipped for buildpack in self.buildpacks)


def shipped_folder() -> Path:
    """The buildpacks that come with minipaas: of the checkout, or inside the installed package."""
    package = Path(__file__).parents[1]
    beside = package.parent / "buildpacks"
    return beside if (beside / "python" / "bin" / "compile").is_file() else package / "_buildpacks"


class Finder:
    """Turns words into buildpacks."""

    def __init__(self, shipped: Path, home: Home) -> None:
        self._shipped = shipped
        self._home = home

    @property
    def _clones(self) -> "Clones":
        from minipaas.build.fetch import Clones  # noqa: PLC0415  for a buildpack given by its URL

        return Clones(self._home)

    async def plan(self, words: tuple[str, ...], source: Path) -> Plan | None:
        """From what is on disk already; None when a clone has to be made first.

        Raises:
            UsageProblem: a word names nothing, or a folder that is no buildpack.
        """
        if not words:
            return Plan(tuple(self._from(self._shipped / name, name, shipped=True) for name in SHIPPED_ORDER), False)
        found = []
        for reference in _references(words):
            buildpack = await self._find(reference, source)
            if buildpack is None:
                return None
            found.append(buildpack)
        return Plan(tuple(found), True)

    async def update(self, words: Iterable[str], tell: Callable[[str], None]) -> None:
        """Bring the clones among them up to date, and say where a word is not what it is on Heroku.

        Raises:
            BuildFailed: one cannot be had.
        """
        from minipaas.build.reference import Kind  # noqa: PLC0415  as `_references`

        for reference in _references(words):
            if reference.remark:
                tell(body(reference.remark))
            if reference.kind is Kind.GIT:
                await self._clones.update(reference, tell)

    async def _find(self, reference: "Reference", source: Path) -> Buildpack | None:
        from minipaas.build.reference import Kind  # noqa: PLC0415  as `_references`

        if reference.kind is Kind.SHIPPED:
            return self._from(self._shipped / reference.location, reference.given, shipped=True)
        if reference.kind is Kind.PATH:
            return self._from(source / Path(reference.location).expanduser(), reference.given, shipped=False)
        commit = await self._clones.commit(reference)
        if commit is None:
            return None
        folder = self._clones.folder(reference)
        _check(folder, reference.given)
        return Buildpack(reference.given, folder, commit, shipped=False)

    def _from(self, folder: Path, name: str, *, shipped: bool) -> Buildpack:
        _check(folder, name)
        try:
            entries = walk(folder, lambda _path, name: name in (".git", "__pycache__"))
            return Buildpack(name, folder, digest(folder, entries), shipped)
        except OSError as error:
            raise UsageProblem(f"cannot use buildpack `{name}`: {error.strerror} ({error.filename})") from error


def _references(words: Iterable[str]) -> "list[Reference]":
    from minipaas.build.reference import parse_reference  # noqa: PLC0415  most apps name no buildpack

    return [parse_reference(word) for word in words]


def _check(folder: Path, name: str) -> None:
    if not folder.is_dir():
        raise UsageProblem(f"cannot use buildpack `{name}`: there is no folder {folder}")
    for script in _NEEDED:
        path = folder / "bin" / script
        if not path.is_file():
            raise BuildFailed(f"cannot use buildpack `{name}`: it has no bin/{script}")
        if not path.stat().st_mode & 0o111:
            raise BuildFailed(f"cannot use buildpack `{name}`: bin/{script} is not executable", f"chmod +x {path}")
