"""features, features:info, features:enable, features:disable."""

from urllib.parse import quote

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option


@click.command(epilog=example("minipaas features", "minipaas features --json -a shop"))
@app_option
@json_option
def features(app: str | None, as_json: bool) -> None:
    """List what an app can have switched on."""
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/apps/{name}/features")
    if as_json:
        output.as_json(found)
        return
    output.data(output.bold(f"=== App Features {name}"))
    output.data("")
    output.columns([(f"[{'+' if each['enabled'] else ' '}] {each['name']}", each["description"]) for each in found])


@click.command(name="features:info", epilog=example("minipaas features:info preboot"))
@app_option
@json_option
@click.argument("feature")
def info(app: str | None, as_json: bool, feature: str) -> None:
    """Tell about one feature, and whether it is on."""
    platform = client()
    name = choose_app(platform, app)
    each = platform.get(f"/apps/{name}/features/{quote(feature, safe='')}")
    if as_json:
        output.as_json(each)
        return
    output.data(output.bold(f"=== {each['name']}"))
    output.data("")
    output.columns(
        [
            ("Description:", each["description"]),
            ("Docs:", each["doc_url"]),
            ("Enabled:", "true" if each["enabled"] else "false"),
        ]
    )


@click.command(name="features:enable", epilog=example("minipaas features:enable preboot"))
@app_option
@click.argument("feature")
def enable(app: str | None, feature: str) -> None:
    """Switch a feature on. Nothing restarts; preboot counts from the next release on."""
    _switch(app, feature, on=True)


@click.command(name="features:disable", epilog=example("minipaas features:disable preboot"))
@app_option
@click.argument("feature")
def disable(app: str | None, feature: str) -> None:
    """Switch a feature off."""
    _switch(app, feature, on=False)


def _switch(app: str | None, feature: str, *, on: bool) -> None:
    platform = client()
    name = choose_app(platform, app)
    output.begin(f"{'Enabling' if on else 'Disabling'} {feature} for {name}")
    platform.call("PATCH", f"/apps/{name}/features/{quote(feature, safe='')}", {"enabled": on})
    output.done()
