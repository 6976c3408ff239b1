"""logs."""

import os
import sys
from typing import Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.logview import TextView, View, json_view
from minipaas.cli.target import app_option, choose_app, client, home, json_option
from minipaas.cli.terminal import wants_colour
from minipaas.errors import PlatformDown, UsageProblem
from minipaas.limits import LOG_DEFAULT_LINES, LOG_HISTORY_LINES
from minipaas.model.logline import LogFilter, Source, parse_line


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
    view: View = (
        json_view if as_json else TextView(colour=wants_colour(sys.stdout.isatty(), os.environ, no_color=no_color))
    )
    wanted = {"lines": num, "tail": tail, "source": source, "dyno": dyno_name, "type": process_type}
    try:
        _from_platform(app, {key: value for key, value in wanted.items() if value is not None}, view)
    except PlatformDown as down:
        only = LogFilter(source=Source(source) if source else None, process=dyno_name, process_type=process_type)
        if tail or not _from_disk(app, num, only, view):
            raise
        sys.stdout.buffer.flush()
        output.note(f"({down.message}; these lines were kept)")


def _from_platform(app: str | None, wanted: dict[str, Any], view: View) -> None:
    platform = client()
    name = choose_app(platform, app)
    session = platform.call("POST", f"/apps/{name}/log-sessions", wanted)
    for line in platform.stream(f"/minipaas/log-sessions/{session['id']}"):
        sys.stdout.buffer.write(view(name, parse_line(line)))
        if wanted["tail"]:
            sys.stdout.buffer.flush()
    sys.stdout.buffer.flush()
    if wanted["tail"]:
        output.note("The platform has stopped.")


def show_until_complete(app: str, dyno: str) -> None:
    """Follow one dyno's lines until it is over, or the platform is."""
    view = TextView(colour=wants_colour(sys.stdout.isatty(), os.environ))
    platform = client()
    wanted = {"lines": LOG_HISTORY_LINES, "tail": True, "dyno": dyno}
    session = platform.call("POST", f"/apps/{app}/log-sessions", wanted)
    for line in platform.stream(f"/minipaas/log-sessions/{session['id']}"):
        chunk = parse_line(line)
        sys.stdout.buffer.write(view(app, chunk))
        sys.stdout.buffer.flush()
        if chunk.source is Source.HEROKU and chunk.data.endswith(b" to complete\n"):
            return


def _from_disk(app: str | None, num: int, wanted: LogFilter, view: View) -> bool:
    """Print what an earlier platform kept; whether there was anything."""
    from minipaas.cli.keptlogs import kept_app, kept_lines  # noqa: PLC0415  a running platform has it in memory

    place = home()
    name = kept_app(place, app)
    if name is None:
        return False
    chunks = kept_lines(place, name, num, wanted)
    for chunk in chunks:
        sys.stdout.buffer.write(view(name, chunk))
    return bool(chunks)
