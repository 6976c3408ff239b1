"""releases, releases:info, releases:output, rollback."""

import sys
from datetime import datetime
from typing import Any
from urllib.parse import quote

import click

from minipaas.api.client import Client
from minipaas.cli import output
from minipaas.cli.configview import show
from minipaas.cli.following import follow, last_release, show_output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import UsageProblem

#: As heroku/cli: shown by `releases`, looked at by `rollback`.
SHOWN = 15
ROLLBACK_SEARCHED = 10
_SUFFIX = {
    "pending": " release command executing",
    "failed": " release command failed",
    "expired": " release expired",
}


@click.command(epilog=example("minipaas releases", "minipaas releases -n 50 -a shop", "minipaas releases --json"))
@app_option
@click.option("-n", "--num", type=click.IntRange(1), default=SHOWN, show_default=True, help="how many")
@json_option
def releases(app: str | None, num: int, as_json: bool) -> None:
    """List the releases of an app, newest first.

    Each deploy, change of config vars or add-ons, and rollback is a release; none is ever changed or taken away.
    """
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/apps/{name}/releases")[::-1]
    if as_json:
        output.as_json(found[:num])
        return
    current = next((f" - Current: v{each['version']}" for each in found if each["current"]), "")
    output.data(output.bold(f"=== {name} Releases{current}"))
    output.data("")
    output.columns([_row(each) for each in found[:num]])


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    told = each["description"] + _SUFFIX.get(each["status"], "")
    return f"v{each['version']}", told, each["user"]["email"], _when(each["created_at"])


def _when(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y/%m/%d %H:%M:%S %z")


@click.command(
    name="releases:info",
    epilog=example("minipaas releases:info", "minipaas releases:info v12", "minipaas releases:info v12 --shell"),
)
@app_option
@click.option("-s", "--shell", is_flag=True, help="print its config vars as NAME=value")
@json_option
@click.argument("release", required=False, metavar="[vN]")
def info(app: str | None, shell: bool, as_json: bool, release: str | None) -> None:
    """Show one release, the newest when none is named, with the config vars it runs with."""
    platform = client()
    name = choose_app(platform, app)
    each = _find(platform, name, release)
    config = platform.get(f"/apps/{name}/releases/{each['id']}/config-vars")
    if as_json:
        output.as_json({**each, "config_vars": config})
        return
    if shell:
        show(config, shell=True)
        return
    output.data(output.bold(f"=== Release v{each['version']}"))
    output.data("")
    output.columns(
        [
            ("Add-ons:", ", ".join(each["addon_plan_names"]) or "-"),
            ("By:", each["user"]["email"]),
            ("Change:", each["description"] + _SUFFIX.get(each["status"], "")),
            ("Current:", "Yes" if each["current"] else "No"),
            ("Eligible for Rollback?:", "Yes" if each["eligible_for_rollback"] else "No"),
            ("When:", _when(each["created_at"])),
        ]
    )
    output.data("")
    output.data(output.bold(f"=== v{each['version']} Config vars"))
    output.data("")
    show(config)


@click.command(
    name="releases:output", epilog=example("minipaas releases:output", "minipaas releases:output v12 -a shop")
)
@app_option
@click.argument("release", required=False, metavar="[vN]")
def output_of(app: str | None, release: str | None) -> None:
    """Show what a release command printed: that of the newest release when none is named.

    That of one that still runs is shown as it comes. It is kept while the platform runs; the log keeps it longer.
    """
    platform = client()
    name = choose_app(platform, app)
    show_output(platform, _find(platform, name, release), sys.stdout.buffer)


@click.command(epilog=example("minipaas rollback", "minipaas rollback v12", "minipaas rollback 12 -a shop"))
@app_option
@click.argument("release", required=False, metavar="[vN]")
def rollback(app: str | None, release: str | None) -> None:
    """Bring back code and config vars of an earlier release, as a new release: the one before when none is named.

    Add-ons are neither made nor destroyed. The release command runs; when it fails, what ran goes on (exit 1).
    """
    platform = client()
    name = choose_app(platform, app)
    target = _find(platform, name, release) if release else _previous(platform, name)
    before = platform.get(f"/apps/{name}")["release"]
    output.begin(f"Rolling back {name} to v{target['version']}")
    made = platform.call("POST", f"/apps/{name}/releases", {"release": target["id"]})
    output.done(f"v{made['version']}")
    output.warning("rollback affects code and config vars; it does not add or remove add-ons")
    follow(platform, name, made)
    output.note(f"To undo, run: minipaas rollback {before}")


def _find(platform: Client, app: str, release: str | None) -> dict[str, Any]:
    if release is None:
        return last_release(platform, app)
    found: dict[str, Any] = platform.get(f"/apps/{app}/releases/{quote(release, safe='')}")
    return found


def _previous(platform: Client, app: str) -> dict[str, Any]:
    """The second of the last ten that can be rolled back to: the first is the one that runs."""
    newest: list[dict[str, Any]] = platform.get(f"/apps/{app}/releases")[::-1][:ROLLBACK_SEARCHED]
    able = [each for each in newest if each["eligible_for_rollback"]]
    if len(able) < 2:
        raise UsageProblem(f"cannot roll back {app}: it has no earlier release with code", "`minipaas releases`")
    return able[1]
