"""addons:attach, addons:detach, addons:fail, addons:recover."""

from typing import Any
from urllib.parse import quote

import click

from minipaas.cli import output
from minipaas.cli.addons import find
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import UsageProblem


@click.command(
    name="addons:attach",
    epilog=example(
        "minipaas addons:attach postgresql-curved-12345 -a blog",
        "minipaas addons:attach shop::DATABASE -a blog --as SHOP_DB",
    ),
)
@app_option
@click.option("--as", "alias", metavar="NAME", help="attach it under this name")
@json_option
@click.argument("addon", metavar="ADD-ON|APP::ATTACHMENT")
def attach(app: str | None, alias: str | None, as_json: bool, addon: str) -> None:
    """Attach an add-on of any app to this one: both use the same server and data.

    The app gets a release with the new config vars and restarts.
    """
    platform = client()
    name = choose_app(platform, app)
    owner, colons, attachment = addon.partition("::")
    known = find(platform, owner, attachment) if colons else platform.get(f"/addons/{quote(addon, safe='')}")
    output.begin(f"Attaching {known['name']}{f' as {alias}' if alias else ''} to {name}")
    made = platform.call("POST", "/addon-attachments", {"addon": known["id"], "app": name, "name": alias})
    output.done()
    output.note(f"Setting {', '.join(made['config_vars'])} and restarting {name}")
    if as_json:
        output.as_json(made)


@click.command(name="addons:detach", epilog=example("minipaas addons:detach SHOP_DB -a blog"))
@app_option
@json_option
@click.argument("attachment")
def detach(app: str | None, as_json: bool, attachment: str) -> None:
    """Take an attachment away; the add-on and its data stay."""
    platform = client()
    name = choose_app(platform, app)
    each = platform.get(f"/apps/{name}/addon-attachments/{quote(attachment, safe='')}")
    output.begin(f"Detaching {each['name']} to {each['addon']['name']} from {name}")
    gone = platform.call("DELETE", f"/addon-attachments/{each['id']}")
    output.done()
    output.note(f"Unsetting {', '.join(gone['config_vars'])} and restarting {name}")
    if as_json:
        output.as_json(gone)


@click.command(name="addons:fail", epilog=example("minipaas addons:fail", "minipaas addons:fail DATABASE -a shop"))
@app_option
@json_option
@click.argument("addon", required=False)
def fail(app: str | None, as_json: bool, addon: str | None) -> None:
    """Kill an add-on's server; it stays down until `addons:recover`. ADDON may be left out where there is one."""
    _act(app, addon, as_json, "fail", "Failing")


@click.command(name="addons:recover", epilog=example("minipaas addons:recover", "minipaas addons:recover DATABASE"))
@app_option
@json_option
@click.argument("addon", required=False)
def recover(app: str | None, as_json: bool, addon: str | None) -> None:
    """Start the server of a failed add-on again, at its old address with its old data."""
    _act(app, addon, as_json, "recover", "Recovering")


def _act(app: str | None, addon: str | None, as_json: bool, action: str, act: str) -> None:
    platform = client()
    name = choose_app(platform, app)
    each = find(platform, name, addon or only(platform, name))
    output.begin(f"{act} {each['name']}")
    done = platform.call("POST", f"/minipaas/apps/{name}/addons/{quote(each['name'])}/actions/{action}")
    output.done()
    if as_json:
        output.as_json(done)


def only(platform: Any, app: str, service: str | None = None) -> str:
    """The add-on that is meant where none is named: the app's only one, or its only one of a service.

    Raises:
        UsageProblem: it has none, or several.
    """
    found: dict[str, str] = {}
    for each in platform.get(f"/apps/{app}/addon-attachments"):
        if service is None or each["addon"]["plan"]["name"].startswith(f"{service}:"):
            found.setdefault(each["addon"]["name"], each["name"])
    if len(found) == 1:
        return next(iter(found))
    kind = service or "add-on"
    if not found:
        raise UsageProblem(f"{app} has no {kind}", f"`minipaas addons:create {service or 'SERVICE'}` makes one")
    raise UsageProblem(f"{app} has several: {', '.join(found.values())}", "name one")
