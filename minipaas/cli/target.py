"""Which platform and which app a command is about."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import click

from minipaas.errors import UsageProblem
from minipaas.store.home import Home, default_root

if TYPE_CHECKING:
    from minipaas.api.client import Client

#: What the remote of a clone is called.
REMOTE = "minipaas"

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
    if not any((folder / ".git").exists() for folder in (Path.cwd(), *Path.cwd().parents)):
        return None
    import subprocess  # noqa: PLC0415  only in a clone

    words = ("git", "config", "--get", f"remote.{REMOTE}.url")
    try:
        url = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False).stdout.strip()
    except FileNotFoundError:
        return None
    name = Path(url).name.removesuffix(".git")
    return name if name in names and Path(url).parent == home().root / "git" else None


def choose_app(platform: "Client", wanted: str | None) -> str:
    """The app that is named, that this clone is pushed to, that was deployed from here, or that is the only one.

    Raises:
        UsageProblem: there are several, and nothing says which.
        PlatformDown: no platform runs.
    """
    apps = platform.get("/apps")
    names = [each["name"] for each in apps]
    if wanted is not None:
        if wanted not in names:
            platform.get(f"/apps/{quote(wanted, safe='')}")
        return wanted
    if (pushed := _pushed_from_here(names)) is not None:
        return pushed
    here = Path.cwd().resolve()
    for each in apps:
        if each["source"] and Path(each["source"]) == here:
            return str(each["name"])
    if len(names) == 1:
        return str(names[0])
    listed = ", ".join(names)
    raise UsageProblem(
        f"several apps run here: {listed}" if names else "no app runs here",
        "name one with `--app`" if names else "`minipaas up PATH` runs one",
    )
