"""apps, open, maintenance."""

import webbrowser

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import MinipaasError


@click.command(epilog=example("minipaas apps", "minipaas apps --json | jq -r '.[].web_url'"))
@json_option
def apps(as_json: bool) -> None:
    """List the apps that run, with their URLs."""
    found = client().get("/apps")
    if as_json:
        output.as_json(found)
        return
    if not found:
        output.note("No apps.")
        return
    output.columns([(each["name"], each["release"] or "-", each["web_url"], each["own_url"]) for each in found])


@click.command(name="open", epilog=example("minipaas open", "minipaas open -a shop /cart"))
@app_option
@click.argument("path", default="")
def open_app(app: str | None, path: str) -> None:
    """Open an app in the browser."""
    platform = client()
    name = choose_app(platform, app)
    url = platform.get(f"/apps/{name}")["own_url"] + path.lstrip("/")
    output.begin(f"Opening {name}")
    if not webbrowser.open(url):
        output.note("")
        raise MinipaasError(f"cannot open a browser: none was found for {url}", "open the URL yourself")
    output.done(url)


@click.command(epilog=example("minipaas maintenance"))
@app_option
def maintenance(app: str | None) -> None:
    """Show whether maintenance mode is on."""
    platform = client()
    output.data("on" if platform.get(f"/apps/{choose_app(platform, app)}")["maintenance"] else "off")


@click.command(name="maintenance:on", epilog=example("minipaas maintenance:on"))
@app_option
def maintenance_on(app: str | None) -> None:
    """Answer every request with the maintenance page; dynos go on."""
    _maintain(app, on=True)


@click.command(name="maintenance:off", epilog=example("minipaas maintenance:off"))
@app_option
def maintenance_off(app: str | None) -> None:
    """Serve requests again."""
    _maintain(app, on=False)


def _maintain(app: str | None, *, on: bool) -> None:
    platform = client()
    name = choose_app(platform, app)
    output.begin(f"{'Enabling' if on else 'Disabling'} maintenance mode for {name}")
    platform.call("PATCH", f"/apps/{name}", {"maintenance": on})
    output.done()
