"""config:edit, config:push."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from minipaas.cli import output
from minipaas.cli.config import change
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client
from minipaas.errors import MinipaasError, NotFound, UsageProblem
from minipaas.parse.config_vars import parse_assignments
from minipaas.parse.dotenv import parse_dotenv
from minipaas.parse.manifest import decode

_HEAD = """\
# The config vars of {app}: NAME=value, quoted as in a shell. A line taken away unsets its config var.
# Save and close to go on; lines that begin with # at the top are left out.
"""


@click.command(name="config:edit", epilog=example("minipaas config:edit", "EDITOR=nano minipaas config:edit -a shop"))
@app_option
@click.option("-y", "--yes", is_flag=True, help="ask nothing")
def edit(app: str | None, yes: bool) -> None:
    """Change config vars in $VISUAL or $EDITOR: one release of all that changed, and the dynos restart."""
    platform = client()
    name = choose_app(platform, app)
    attached = {each for addon in platform.get(f"/apps/{name}/addon-attachments") for each in addon["config_vars"]}
    found = platform.get(f"/apps/{name}/config-vars")
    before = {each: value for each, value in found.items() if each not in attached}
    after = _edited(_HEAD.format(app=name), before)
    wanted: dict[str, str | None] = {each: value for each, value in after.items() if before.get(each) != value}
    wanted |= {each: None for each in before if each not in after}
    if not wanted:
        output.note("No changes to config vars.")
        return
    for each, value in wanted.items():
        output.note(f"{'Unset' if value is None else 'Set'} {each}")
    if not yes and sys.stdin.isatty():
        click.confirm(f"Update the config vars of {name}?", default=True, abort=True, err=True)
    change(platform, name, wanted, f"Changing {', '.join(wanted)}")


def _edited(head: str, values: Mapping[str, str]) -> dict[str, str]:
    text = head + "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(values.items()))
    while True:
        try:
            saved = click.edit(text, extension=".env")
        except click.ClickException as error:
            raise MinipaasError(error.format_message(), "set EDITOR to a program that edits a file") from error
        if saved is None:
            return dict(values)
        try:
            return read_sheet(saved)
        except UsageProblem as problem:
            if not sys.stdin.isatty():
                raise
            output.problem(problem)
            click.confirm("Edit again?", default=True, abort=True, err=True)
            text = saved


def read_sheet(text: str) -> dict[str, str]:
    """What stands in the editor, as config vars.

    Raises:
        UsageProblem: it is not NAME=value throughout, or a quote is open.
    """
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        del lines[0]
    try:
        words = shlex.split("".join(lines))
    except ValueError as error:
        raise UsageProblem(f"cannot read the config vars: {str(error).lower()}") from error
    return parse_assignments(words) if words else {}


@click.command(
    name="config:push", epilog=example("minipaas config:push", "minipaas config:push production.env -a shop")
)
@app_option
@click.argument("file", type=click.Path(path_type=Path), default=Path(".env"), metavar="[FILE]")
def push(app: str | None, file: Path) -> None:
    """Set the config vars that FILE (default: .env) holds: one release, and the dynos restart.

    What the file does not name stays as it is, and so does what an add-on sets.
    """
    try:
        values, warnings = parse_dotenv(decode(file.read_bytes(), str(file)), str(file))
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}") from error
    except OSError as error:
        raise UsageProblem(f"cannot read {file}: {error.strerror}") from error
    for warning in warnings:
        output.warning(str(warning))
    platform = client()
    name = choose_app(platform, app)
    attached = {each for addon in platform.get(f"/apps/{name}/addon-attachments") for each in addon["config_vars"]}
    for each in [each for each in values if each in attached]:
        output.warning(f"{each} is set by an add-on, the value in {file} is left out")
        del values[each]
    if not values:
        output.note(f"{file} sets no config vars.")
        return
    change(platform, name, values, f"Setting {', '.join(values)}")
