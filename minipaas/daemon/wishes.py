"""What `up` was asked for: the command line over `minipaas.yml` over what is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.control.settings import DEFAULT_PORT, AppSpec, Settings
from minipaas.daemon.pushed import holds_app, named_by_clone
from minipaas.errors import FileProblem, UsageProblem
from minipaas.frozen import frozen
from minipaas.limits import Limits
from minipaas.model.app import FormationEntry
from minipaas.parse.app_name import RULE, app_name_from, is_app_name
from minipaas.parse.scale import parse_formation
from minipaas.store.home import Home
from minipaas.store.repositories import Repositories

if TYPE_CHECKING:
    from minipaas.model.platform_file import PlatformFile, Rules

PLATFORM_FILE = "minipaas.yml"
#: Hosts when nobody says how many: a dyno can move, and a move can go two ways.
DEFAULT_HOSTS = 3

#: An app's folder is seldom deeper below the one that holds several.
_ABOVE = 3


@frozen(kw_only=True)
class Wishes:
    """The words of `minipaas up`; None where the user said nothing."""

    paths: tuple[Path, ...] = ()
    app: str | None = None
    runtime: str | None = None
    registry: str | None = None
    stack: str | None = None
    port: int | None = None
    address: str | None = None
    hosts: int | None = None
    formation: str | None = None
    router: str | None = None
    buildpacks: tuple[str, ...] = ()
    https: bool = False
    seed: int | None = None
    record: Path | None = None
    #: No folder is run, only what was pushed.
    empty: bool = False
    #: As `empty`, where no folder is named, this one holds no app, and apps were pushed.
    may_be_empty: bool = False


@frozen(kw_only=True)
class Plan:
    """A platform and the apps on it."""

    settings: Settings
    apps: tuple[AppSpec, ...] = ()
    file: "PlatformFile | None" = None

    @property
    def rules(self) -> "Rules":
        """The budgets of the verdicts."""
        from minipaas.model.platform_file import Rules  # noqa: PLC0415  `up` judges nothing

        return self.file.rules if self.file else Rules()


def make_plan(home: Home, wishes: Wishes) -> Plan:
    """Read `minipaas.yml` where there is one, and decide.

    Raises:
        FileProblem: the file is faulty, or names a folder that is not there.
        UsageProblem: a path is no folder, two apps have one name, or an option is not right.
    """
    formation = parse_formation(wishes.formation) if wishes.formation is not None else {}
    file: PlatformFile | None = None
    apps: list[AppSpec] = []
    if wishes.empty and (wishes.paths or wishes.app):
        raise UsageProblem("`--empty` runs no folder, and one is named", "leave one of them away")
    empty = wishes.empty or _only_pushed(home, wishes)
    for path in () if empty else wishes.paths or (Path(),):
        folder = _folder(path)
        read = read_platform_file(folder)
        if read is not None:
            file = read
        if read is not None and read.apps:
            apps += _several(folder, read, formation)
        else:
            apps.append(_one(home, folder, wishes, formation))
    if not empty:
        _named(wishes.app, apps)
    _unique(apps)
    return Plan(settings=_settings(home, wishes, file), apps=tuple(apps), file=file)


def _only_pushed(home: Home, wishes: Wishes) -> bool:
    named = wishes.paths or wishes.app or wishes.buildpacks or wishes.formation
    return wishes.may_be_empty and not named and not holds_app(Path()) and bool(Repositories(home).names())


def read_platform_file(folder: Path) -> "PlatformFile | None":
    """The `minipaas.yml` of a folder; None when there is none.

    Raises:
        FileProblem: it is faulty.
    """
    path = folder / PLATFORM_FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileProblem(path, None, f"cannot be read: {error.strerror}") from error
    from minipaas.parse.minipaas_yml import parse_minipaas_yml  # noqa: PLC0415  most folders have no such file

    try:
        return parse_minipaas_yml(text.decode(), str(path))
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise FileProblem(path, line, "is not UTF-8", "save the file as UTF-8") from error


def plan_for_one(home: Home, wishes: Wishes) -> tuple[Plan, tuple[str, ...]]:
    """A plan, and which of its apps are meant: with `app` naming one of several, that one, the others beside it.

    Raises:
        FileProblem, UsageProblem: as `make_plan`.
    """
    if wishes.app is not None:
        whole = make_plan(home, replace(wishes, app=None))
        if wishes.app in (names := [spec.name for spec in whole.apps]):
            return whole, (wishes.app,)
        if len(names) > 1:
            raise UsageProblem(f"there is no app {wishes.app} here", f"apps: {', '.join(names)}")
    plan = make_plan(home, wishes)
    return plan, tuple(spec.name for spec in plan.apps)


def folder_that_holds(folder: Path, app: str) -> Path:
    """Where the `minipaas.yml` lies that names the app in this folder among several; the folder itself without one.

    Raises:
        FileProblem: such a file is faulty.
    """
    for above in list(folder.parents)[:_ABOVE]:
        file = read_platform_file(above)
        if file is not None and app in file.apps and (above / file.apps[app].path).resolve() == folder.resolve():
            return above
    return folder


def _settings(home: Home, wishes: Wishes, file: "PlatformFile | None") -> Settings:
    return Settings(
        home=home,
        runtime=wishes.runtime or (str(file.runtime) if file else "auto"),
        registry=wishes.registry or "",
        stack=wishes.stack or (file.stack if file else ""),
        hosts=wishes.hosts or (file.hosts if file else None) or DEFAULT_HOSTS,
        address=wishes.address or "127.0.0.1",
        port=DEFAULT_PORT if wishes.port is None else wishes.port,
        policy=wishes.router or (str(file.router) if file else "round-robin"),
        limits=file.limits if file else Limits(),
        https=wishes.https,
        seed=wishes.seed,
        record=wishes.record and wishes.record.expanduser().absolute(),
    )


def _several(folder: Path, file: "PlatformFile", formation: Mapping[str, FormationEntry]) -> list[AppSpec]:
    specs = []
    for name, entry in file.apps.items():
        place = (folder / entry.path).resolve()
        if not place.is_dir():
            raise FileProblem(folder / PLATFORM_FILE, None, f"app {name}: there is no folder {entry.path}")
        specs.append(
            AppSpec(
                name=name,
                folder=place,
                buildpacks=entry.buildpacks,
                env=entry.env,
                formation={**entry.formation, **formation},
                uses=entry.uses,
            )
        )
    return specs


def _one(home: Home, folder: Path, wishes: Wishes, formation: Mapping[str, FormationEntry]) -> AppSpec:
    name = wishes.app or named_by_clone(home, folder) or app_name_from(folder.name)
    return AppSpec(name=name, folder=folder, buildpacks=wishes.buildpacks, formation=formation)


def _named(name: str | None, apps: Sequence[AppSpec]) -> None:
    if name is None:
        return
    if not is_app_name(name):
        raise UsageProblem(
            f"an app cannot be called `{name}`: a name is {RULE}", f"`--app {app_name_from(name)}` would do"
        )
    if [spec.name for spec in apps] != [name]:
        raise UsageProblem(
            f"cannot call this {name}: `--app` names the app of one folder, one without apps in a minipaas.yml",
            "leave `--app` away, and each folder's own name is taken",
        )


def _folder(path: Path) -> Path:
    folder = path.expanduser().resolve()
    if not folder.exists():
        raise UsageProblem(f"there is no folder {path}")
    if not folder.is_dir():
        raise UsageProblem(f"{path} is not a folder", "give the folder that holds the app's Procfile")
    return folder


def _unique(apps: Sequence[AppSpec]) -> None:
    seen: dict[str, Path] = {}
    for spec in apps:
        if spec.name in seen:
            raise UsageProblem(
                f"two apps are called {spec.name}: {seen[spec.name]} and {spec.folder}",
                "rename one folder, or name them in a minipaas.yml",
            )
        seen[spec.name] = spec.folder
