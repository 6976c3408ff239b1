"""config, config:get, config:set, config:unset."""

import shlex
from collections.abc import Mapping

import click

from minipaas.api.client import Client
from minipaas.cli import output
from minipaas.cli.configview import show
from minipaas.cli.following import follow, last_release
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import NotFound, UsageProblem
from minipaas.parse.config_vars import OVERRIDDEN, parse_assignments

shell_option = click.option("-s", "--shell", is_flag=True, help="print NAME=value, quoted for a shell")


@click.command(epilog=example("minipaas config", "minipaas config --shell > .env", "minipaas config --json"))
@app_option
@shell_option
@json_option
def config(app: str | None, shell: bool, as_json: bool) -> None:
    """List the config vars of an app, with their values."""
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/apps/{name}/config-vars")
    if as_json:
        output.as_json(found)
        return
    if not shell:
        output.data(output.bold(f"=== {name} Config Vars"))
        output.data("")
    show(found, shell=shell)


@click.command(
    name="config:get", epilog=example("minipaas config:get DATABASE_URL", "minipaas config:get A B --shell")
)
@app_option
@shell_option
@json_option
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def get(app: str | None, shell: bool, as_json: bool, names: tuple[str, ...]) -> None:
    """Print the values of config vars; exit 1 where one is not set."""
    platform = client()
    chosen = choose_app(platform, app)
    found = platform.get(f"/apps/{chosen}/config-vars")
    known = {name: found[name] for name in names if name in found}
    if as_json:
        output.as_json(known)
    else:
        for name, value in known.items():
            output.data(f"{name}={shlex.quote(value)}" if shell else value)
    missing = [name for name in names if name not in found]
    if missing:
        raise NotFound(f"not set on {chosen}: {', '.join(missing)}", f"`minipaas config -a {chosen}` lists what is")


@click.command(
    name="config:set",
    epilog=example("minipaas config:set GREETING=hello", "minipaas config:set A=1 B='two words' -a shop"),
)
@app_option
@json_option
@click.argument("assignments", nargs=-1, metavar="NAME=VALUE...")
def set_(app: str | None, as_json: bool, assignments: tuple[str, ...]) -> None:
    """Set config vars: one release, and the dynos restart.

    What is set by command stays over down and up, whatever .env, app.json and minipaas.yml say of it.
    """
    values = parse_assignments(assignments)
    platform = client()
    name = choose_app(platform, app)
    after = change(platform, name, values, f"Setting {', '.join(values)}")
    for each in [each for each in OVERRIDDEN if each in values]:
        output.warning(f"{each} is set by the platform in each dyno, over this value")
    shown = {each: after[each] for each in values if each in after}
    output.as_json(shown) if as_json else show(shown)


@click.command(name="config:unset", epilog=example("minipaas config:unset GREETING", "minipaas config:unset A B"))
@app_option
@click.argument("names", nargs=-1, metavar="NAME...")
def unset(app: str | None, names: tuple[str, ...]) -> None:
    """Unset config vars: one release, and the dynos restart. It stays so, whatever .env and app.json say of them."""
    if not names:
        raise UsageProblem("cannot unset config vars: none is named", "`minipaas config:unset NAME`")
    if any("=" in each for each in names):
        raise UsageProblem("cannot unset config vars: give names alone, without `=`")
    platform = client()
    change(platform, choose_app(platform, app), dict.fromkeys(names), f"Unsetting {', '.join(names)}")


def change(platform: Client, app: str, values: Mapping[str, str | None], act: str) -> dict[str, str]:
    """Change config vars and follow the release of it; the config vars after it.

    Raises:
        ReleaseFailed: the release command failed; nothing has changed then.
    """
    before = last_release(platform, app)["version"]
    output.begin(f"{act} and restarting {app}")
    after: dict[str, str] = platform.call("PATCH", f"/apps/{app}/config-vars", dict(values))
    release = last_release(platform, app)
    if release["version"] == before:
        output.done(f"nothing changes, {platform.get(f'/apps/{app}')['release']} runs")
        return after
    output.done(f"v{release['version']}")
    follow(platform, app, release)
    return after
