"""version."""

import platform

import click

from minipaas import __version__
from minipaas.cli import output
from minipaas.cli.target import json_option


@click.command()
@json_option
def version(as_json: bool) -> None:
    """Print the version."""
    if as_json:
        output.as_json({"minipaas": __version__, "python": platform.python_version(), "system": platform.platform()})
        return
    output.data(f"minipaas {__version__} (python {platform.python_version()}, {platform.platform(terse=True)})")
