"""logs."""

import os
import sys

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.logview import TextView, View, json_view
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.cli.terminal import wants_colour
from minipaas.errors import UsageProblem
from minipaas.limits import LOG_DEFAULT_LINES, LOG_HISTORY_LINES
from minipaas.model.logline import parse_line


@click.command(
    epilog=example(
        "minipaas logs -n 50",
        "minipaas logs --tail -p web",
        "minipaas logs -s heroku",
        "minipaas logs -d router",
        "minipaas logs --json",
    )
)
@app_option
@json_option
@click.option("-t", "--tail", is_flag=True, help="go on as lines come")
@click.option(
    "-n",
    "--num",
    type=int,
    default=LOG_DEFAULT_LINES,
    show_default=True,
    help=f"how many lines, at most {LOG_HISTORY_LINES}",
)
@click.option("-s", "--source", type=click.Choice(["app", "heroku"]), help="the app, or the platform")
@click.option("-d", "--dyno-name", "--dyno", metavar="DYNO", help="one dyno: web.1, router, api")
@click.option("-p", "--process-type", "--ps", metavar="TYPE", help="all dynos of a type: web")
@click.option("--no-color", is_flag=True, help="no colours on a terminal either")
def logs(
    app: str | None,
    as_json: bool,
    tail: bool,
    num: int,
    source: str | None,
    dyno_name: str | None,
    process_type: str | None,
    no_color: bool,
) -> None:
    """Show an app's log: what its dynos print, and what router and dyno manager say, in Heroku's format."""
    if not 1 <= num <= LOG_HISTORY_LINES:
        raise UsageProblem(f"cannot show {num} lines: between 1 and {LOG_HISTORY_LINES} are kept")
    platform = client()
    name = choose_app(platform, app)
    wanted = {"lines": num, "tail": tail, "source": source, "dyno": dyno_name, "type": process_type}
    session = platform.call("POST", f"/apps/{name}/log-sessions", {k: v for k, v in wanted.items() if v is not None})
    view: View = (
        json_view if as_json else TextView(colour=wants_colour(sys.stdout.isatty(), os.environ, no_color=no_color))
    )
    for line in platform.stream(f"/minipaas/log-sessions/{session['id']}"):
        sys.stdout.buffer.write(view(name, parse_line(line)))
        if tail:
            sys.stdout.buffer.flush()
    sys.stdout.buffer.flush()
    if tail:
        output.note("The platform has stopped.")
