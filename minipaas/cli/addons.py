"""addons, addons:info, addons:create, addons:destroy, addons:services, addons:plans."""

import sys
import time
from typing import Any
from urllib.parse import quote

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import UsageProblem

#: The Platform API's states in the words of Heroku's CLI.
_STATES = {"provisioning": "creating", "provisioned": "created", "deprovisioned": "destroyed"}
#: `addons:wait` asks this often.
_WAIT_S = 0.5


@click.command(epilog=example("minipaas addons", "minipaas addons -a shop --json", "minipaas addons --all"))
@app_option
@click.option("--all", "every", is_flag=True, help="those of all apps")
@json_option
def addons(app: str | None, every: bool, as_json: bool) -> None:
    """List the add-ons of an app, with the names they are attached by."""
    platform = client()
    name = None if every else choose_app(platform, app)
    path = "" if name is None else f"/apps/{name}"
    found, attached = platform.get(f"{path}/addons"), platform.get(f"{path}/addon-attachments")
    known = {each["id"] for each in found}
    lent = {each["addon"]["id"]: each["addon"] for each in attached if each["addon"]["id"] not in known}
    found += [platform.get(f"/addons/{quote(each['name'])}") for each in lent.values()]
    if as_json:
        output.as_json([{**each, "attachments": _of(each, attached)} for each in found])
        return
    if not found:
        output.note("No add-ons." if every else f"No add-ons for app {name}.")
        return
    rows = [("Add-on", "Plan", "App", "State")]
    for each in found:
        rows.append((each["name"], each["plan"]["name"], each["app"]["name"], _state(each)))
        rows += [(line, "", "", "") for line in _places(_of(each, attached), each["app"]["name"])]
    output.columns(rows)


@click.command(
    name="addons:info", epilog=example("minipaas addons:info DATABASE", "minipaas addons:info redis-wavy-12345")
)
@app_option
@json_option
@click.argument("addon")
def info(app: str | None, as_json: bool, addon: str) -> None:
    """Show one add-on, by its name or the name of an attachment."""
    platform = client()
    each = find(platform, app, addon)
    attached = platform.get(f"/addons/{quote(each['name'])}/addon-attachments")
    if as_json:
        output.as_json({**each, "attachments": attached})
        return
    output.data(output.bold(f"=== {each['name']}"))
    output.columns(
        [
            ("Plan:", each["plan"]["name"]),
            ("Price:", "free"),
            ("Owning app:", each["app"]["name"]),
            ("Attachments:", ", ".join(f"{one['app']['name']}::{one['name']}" for one in attached)),
            ("Config vars:", ", ".join(each["config_vars"])),
            ("Created at:", each["created_at"]),
            ("State:", _state(each)),
        ]
    )


@click.command(
    name="addons:create",
    epilog=example(
        "minipaas addons:create heroku-postgresql",
        "minipaas addons:create heroku-redis:mini --as CACHE",
        "minipaas addons:create bucket -a shop",
    ),
)
@app_option
@click.option("--as", "alias", metavar="NAME", help="attach it under this name: CACHE sets CACHE_URL")
@click.option("--name", metavar="NAME", help="name the add-on itself")
@json_option
@click.argument("plan", metavar="SERVICE[:PLAN]")
def create(app: str | None, alias: str | None, name: str | None, as_json: bool, plan: str) -> None:
    """Make an add-on for an app: a server of its own, its address in the app's config vars.

    The app gets a release with the new config vars and restarts.
    """
    platform = client()
    owner = choose_app(platform, app)
    output.begin(f"Creating {plan} on {owner}")
    wanted: dict[str, Any] = {"plan": plan, "attachment": {"name": alias}, "name": name}
    made = platform.call("POST", f"/apps/{owner}/addons", wanted)
    output.done("free")
    output.note(f"Created {made['name']} as {', '.join(made['config_vars'])}")
    if as_json:
        output.as_json(made)


@click.command(name="addons:wait", epilog=example("minipaas addons:wait", "minipaas addons:wait DATABASE"))
@app_option
@click.argument("addon", required=False)
def wait(app: str | None, addon: str | None) -> None:
    """Wait until an add-on that another command makes is there, or all of the app are."""
    platform = client()
    name = choose_app(platform, app)
    while True:
        found = [find(platform, name, addon)] if addon else platform.get(f"/apps/{name}/addons")
        coming = [each["name"] for each in found if each["state"] == "provisioning"]
        if not coming:
            return
        output.note(f"Waiting for {', '.join(coming)}")
        time.sleep(_WAIT_S)


@click.command(
    name="addons:destroy",
    epilog=example("minipaas addons:destroy DATABASE --confirm shop", "minipaas addons:destroy redis-wavy-12345"),
)
@app_option
@click.option("-c", "--confirm", metavar="APP", help="the app's name, to be asked nothing")
@click.option("-f", "--force", is_flag=True, help="also where other apps are attached to it")
@json_option
@click.argument("addon")
def destroy(app: str | None, confirm: str | None, force: bool, as_json: bool, addon: str) -> None:
    """End an add-on and delete its data, for good."""
    platform = client()
    each = find(platform, app, addon)
    confirmed(each["app"]["name"], confirm, f"This command will destroy {each['name']} and all its data.")
    output.begin(f"Destroying {each['name']} on {each['app']['name']}")
    gone = platform.call("DELETE", f"/addons/{quote(each['name'])}", {"force": force})
    output.done()
    if as_json:
        output.as_json(gone)


@click.command(name="addons:services", epilog=example("minipaas addons:services"))
@json_option
def services(as_json: bool) -> None:
    """List the kinds of add-ons there are."""
    found = client().get("/addon-services")
    if as_json:
        output.as_json(found)
        return
    output.columns([(each["name"], each["human_name"], each["state"]) for each in found])


@click.command(name="addons:plans", epilog=example("minipaas addons:plans heroku-postgresql"))
@json_option
@click.argument("service")
def plans(as_json: bool, service: str) -> None:
    """List the usual plans of a service; all run the same server here."""
    found = client().get(f"/addon-services/{quote(service, safe='')}/plans")
    if as_json:
        output.as_json(found)
        return
    output.columns([("default" if each["default"] else "", each["name"], "free") for each in found])


def find(platform: Any, app: str | None, addon: str) -> dict[str, Any]:
    """The add-on that a word on the command line means, in the app that is meant.

    Raises:
        NotFound: the app has none of that name.
    """
    name = choose_app(platform, app)
    found: dict[str, Any] = platform.get(f"/apps/{name}/addons/{quote(addon, safe='')}")
    return found


def confirmed(app: str, confirm: str | None, warning: str) -> None:
    """Go on only when the app's name was given, or is typed now.

    Raises:
        UsageProblem: it was not.
    """
    if confirm is None and sys.stdin.isatty():
        output.warning(warning)
        confirm = click.prompt(f"To proceed, type {app} or re-run this command with --confirm {app}", err=True)
    if confirm is None:
        raise UsageProblem(
            f"cannot do this unconfirmed: {warning[0].lower()}{warning[1:-1]}", f"add `--confirm {app}`"
        )
    if confirm != app:
        raise UsageProblem(f"confirmation {confirm} did not match {app}: nothing was done")


def _of(addon: dict[str, Any], attached: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in attached if each["addon"]["id"] == addon["id"]]


def _places(attached: list[dict[str, Any]], owner: str) -> list[str]:
    words = [
        f"as {each['name']}" + ("" if each["app"]["name"] == owner else f" on {each['app']['name']}")
        for each in attached
    ]
    return [f" {'└─' if at == len(words) - 1 else '├─'} {word}" for at, word in enumerate(words)]


def _state(each: dict[str, Any]) -> str:
    return "failed" if each["failed"] else _STATES.get(each["state"], each["state"])
