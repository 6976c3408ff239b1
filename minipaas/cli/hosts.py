"""hosts, hosts:fail, hosts:drain, hosts:recover."""

from typing import Any
from urllib.parse import quote

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import client, json_option


@click.command(epilog=example("minipaas hosts"))
@json_option
def hosts(as_json: bool) -> None:
    """List the hosts and the dynos that stand on them."""
    _show(client().get("/minipaas/hosts"), as_json)


@click.command(name="hosts:fail", epilog=example("minipaas hosts:fail b"))
@json_option
@click.argument("host")
def fail(as_json: bool, host: str) -> None:
    """Let a host fail: its dynos vanish by SIGKILL and come up on other hosts."""
    output.begin(f"Failing host {host}")
    found = client().call("POST", f"/minipaas/hosts/{quote(host, safe='')}/actions/fail")
    output.done()
    _show(found, as_json)


@click.command(name="hosts:drain", epilog=example("minipaas hosts:drain b"))
@json_option
@click.argument("host")
def drain(as_json: bool, host: str) -> None:
    """Let a host take no more dynos, and move those it has to other hosts, politely.

    A node of a swarm is set to `drain` there once they have left; `minipaas hosts:recover` makes it active again.
    """
    output.begin(f"Draining host {host}")
    found = client().call("POST", f"/minipaas/hosts/{quote(host, safe='')}/actions/drain")
    output.done()
    _show(found, as_json)


@click.command(name="hosts:recover", epilog=example("minipaas hosts:recover b"))
@json_option
@click.argument("host")
def recover(as_json: bool, host: str) -> None:
    """Let a failed or drained host take dynos again; none moves back by itself."""
    output.begin(f"Recovering host {host}")
    found = client().call("POST", f"/minipaas/hosts/{quote(host, safe='')}/actions/recover")
    output.done()
    _show(found, as_json)


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        output.as_json(found)
        return
    output.columns([(each["name"], each["state"], each["address"], " ".join(each["dynos"]) or "-") for each in found])
