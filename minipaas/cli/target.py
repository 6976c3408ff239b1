"""Which platform and which app a command is about."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import click

from minipaas.build.clone import Clone
from minipaas.errors import UsageProblem
from minipaas.store.home import Home, default_root

if TYPE_CHECKING:
    from minipaas.api.client import Client

F = TypeVar("F", bound=Callable[..., Any])


def home() -> Home:
    """The home folder in force."""
    return Home(default_root())


def client() -> "Client":
    """The running platform."""
    from minipaas.api.client import Client  # noqa: PLC0415  `up` asks nobody and need not load http.client

    return Client(home())


def app_option(command: F) -> F:
    """`-a/--app`."""
    return click.option(
        "-a",
        "--app",
        metavar="APP",
        envvar="MINIPAAS_APP",
        show_envvar=True,
        help="which app; else the one deployed from this folder, or the only one",
    )(command)


def json_option(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="print JSON")(command)


def _pushed_from_here(names: list[str]) -> str | None:
    """The app that this clone's remote `minipaas` leads to."""
    clone = Clone.around(Path.cwd())
    name = clone.app(home().root / "git") if clone else None
    return name if name in names else None


def choose_app(platform: "Client", wanted: str | None) -> str:
    """The app that is named, that this clone is pushed to, that was deployed from here, or that is the only one.

    Raises:
        UsageProblem: there are several, and nothing says which.
        PlatformDown: no platform runs.
    """
    apps = _apps(platform, wanted)
    found = own(apps, Path.cwd().resolve()) or list(apps)
    if len(found) == 1:
        return found[0]
    raise UsageProblem(f"several apps run here: {', '.join(found)}", "name one with `--app`")


def choose_apps(platform: "Client", wanted: str | None) -> list[str]:
    """As `choose_app`; where there are several and nothing says which, those below this folder, else all.

    Raises:
        UsageProblem: no app runs.
        PlatformDown: no platform runs.
    """
    return meant(_apps(platform, wanted), Path.cwd().resolve())


def own(apps: Mapping[str, str | None], here: Path) -> list[str]:
    """Of apps with the folders they were deployed from: that of this folder, if there is one."""
    return [name for name, source in apps.items() if source and Path(source) == here][:1]


def meant(apps: Mapping[str, str | None], here: Path) -> list[str]:
    """As `own`, else those below this folder, else all."""
    below = [name for name, source in apps.items() if source and Path(source).is_relative_to(here)]
    return own(apps, here) or below or list(apps)


def _apps(platform: "Client", wanted: str | None) -> dict[str, str | None]:
    """What runs, with the folders; the one that is named, or that this clone is pushed to, alone."""
    apps: dict[str, str | None] = {each["name"]: each["source"] for each in platform.get("/apps")}
    if wanted is not None:
        if wanted not in apps:
            platform.get(f"/apps/{quote(wanted, safe='')}")
        return {wanted: None}
    if not apps:
        raise UsageProblem("no app runs here", "`minipaas up PATH` runs one")
    pushed = _pushed_from_here(list(apps))
    return apps if pushed is None else {pushed: None}
