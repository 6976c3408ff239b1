"""drains, drains:add, drains:remove."""

from urllib.parse import quote

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option


@click.command(epilog=example("minipaas drains", "minipaas drains --json -a shop"))
@app_option
@json_option
def drains(app: str | None, as_json: bool) -> None:
    """List where an app's log is sent to, and how that goes."""
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/apps/{name}/log-drains")
    if as_json:
        output.as_json(found)
        return
    if not found:
        output.note(f"{name} has no drains.")
    output.columns([(f"{each['url']} ({each['token']})", _state(each)) for each in found])


def _state(drain: dict[str, object]) -> str:
    lost = f", {drain['lost']} refused" if drain["lost"] else ""
    return f"{drain['sent']} lines sent{lost}{': ' + str(drain['trouble']) if drain['trouble'] else ''}"


@click.command(
    name="drains:add",
    epilog=example(
        "minipaas drains:add syslog://127.0.0.1:5140",
        "minipaas drains:add syslog+tls://logs.example.com:6514",
        "minipaas drains:add https://user:password@logs.example.com/logplex",
    ),
)
@app_option
@json_option
@click.argument("url")
def add(app: str | None, as_json: bool, url: str) -> None:
    """Send an app's log to URL from now on, as Heroku's logplex does: syslog by TCP or TLS, or HTTP(S)."""
    platform = client()
    name = choose_app(platform, app)
    drain = platform.call("POST", f"/apps/{name}/log-drains", {"url": url})
    output.as_json(drain) if as_json else output.note(f"Successfully added drain {drain['url']} ({drain['token']})")


@click.command(name="drains:remove", epilog=example("minipaas drains:remove syslog://127.0.0.1:5140"))
@app_option
@json_option
@click.argument("drain", metavar="URL|TOKEN")
def remove(app: str | None, as_json: bool, drain: str) -> None:
    """Send it there no longer; what waits to be sent is dropped."""
    platform = client()
    name = choose_app(platform, app)
    gone = platform.call("DELETE", f"/apps/{name}/log-drains/{quote(drain, safe='')}")
    output.as_json(gone) if as_json else output.note(f"Successfully removed drain {gone['url']}")
