"""heroku:env: the environment in which Heroku's own clients talk to this platform."""

import os
import shlex
from contextlib import suppress

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import client, home, json_option
from minipaas.errors import Missing
from minipaas.store.certificate import certificate
from minipaas.store.home import read_json


@click.command(name="heroku:env", epilog=example('eval "$(minipaas heroku:env)"', "heroku ps -a shop"))
@json_option
def env(as_json: bool) -> None:
    """Print `export` lines that point Heroku's own CLI at this platform; docs/heroku-cli.md says what works.

    The key in them is this platform's alone, and good for all of it.
    """
    client().get("/account")  # is it there?
    known = read_json(home().platform_file) or {}
    url = f"http://127.0.0.1:{known['control_port']}"
    # heroku 11 takes its host from HEROKU_HOST alone, the clients before it from HEROKU_API_URL.
    values = {"HEROKU_API_URL": url, "HEROKU_HOST": url, "HEROKU_API_KEY": home().token()}
    with suppress(Missing):  # without openssl all works but `heroku run`, which insists on TLS
        values["NODE_EXTRA_CA_CERTS"] = str(certificate(home())[0])
    if "GIT_CONFIG_COUNT" not in os.environ:
        # Heroku's client makes remotes of https://HOST/APP.git; git then finds the repository itself there.
        values |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{home().root}/git/.insteadOf"}
        values["GIT_CONFIG_VALUE_0"] = f"https://127.0.0.1:{known['control_port']}/"
    if as_json:
        output.as_json(values)
        return
    for name, value in values.items():
        output.data(f"export {name}={shlex.quote(value)}")
