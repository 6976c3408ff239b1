"""logs."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.logview import TextView, View, json_view
from minipaas.cli.target import app_option, choose_apps, client, home, json_option
from minipaas.cli.terminal import wants_colour
from minipaas.errors import PlatformDown, UsageProblem
from minipaas.limits import LOG_DEFAULT_LINES, LOG_HISTORY_LINES
from minipaas.model.logline import LogChunk, LogFilter, Source, parse_line

if TYPE_CHECKING:
    from minipaas.api.client import Client


@click.command(
    epilog=example(
        "minipaas logs -n 50",
        "minipaas logs --tail -p web",
        "minipaas logs -s heroku",
        "minipaas logs -d router",
        "minipaas logs -a shop --json",
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
    """Show an app's log: what its dynos print, and what router and dyno manager say, in Heroku's format.

    In a folder of several apps it is the log of all of them, in the order of time, each line with its app's name in
    front; `--app` chooses one.
    """
    if not 1 <= num <= LOG_HISTORY_LINES:
        raise UsageProblem(f"cannot show {num} lines: between 1 and {LOG_HISTORY_LINES} are kept")
    colour = wants_colour(sys.stdout.isatty(), os.environ, no_color=no_color)
    wanted = {"lines": num, "tail": tail, "source": source, "dyno": dyno_name, "type": process_type}
    try:
        _from_platform(app, {key: value for key, value in wanted.items() if value is not None}, Look(as_json, colour))
    except PlatformDown as down:
        only = LogFilter(source=Source(source) if source else None, process=dyno_name, process_type=process_type)
        if tail or not _from_disk(app, num, only, Look(as_json, colour)):
            raise
        sys.stdout.buffer.flush()
        output.note(f"({down.message}; these lines were kept)")


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are to look."""

    as_json: bool
    colour: bool

    def of(self, apps: Sequence[str]) -> View:
        """A view of these apps."""
        return json_view if self.as_json else TextView(colour=self.colour, apps=apps)


def _from_platform(app: str | None, wanted: dict[str, Any], look: Look) -> None:
    platform = client()
    apps = choose_apps(platform, app)
    view = look.of(apps)
    for name, line in _lines(platform, apps, wanted):
        sys.stdout.buffer.write(view(name, parse_line(line)))
        if wanted["tail"]:
            sys.stdout.buffer.flush()
    sys.stdout.buffer.flush()
    if wanted["tail"]:
        output.note("The platform has stopped.")


def _lines(platform: "Client", apps: Sequence[str], wanted: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Each line with its app."""
    if len(apps) == 1:
        session = platform.call("POST", f"/apps/{apps[0]}/log-sessions", wanted)
        for line in platform.stream(f"/minipaas/log-sessions/{session['id']}"):
            yield apps[0], line
        return
    session = platform.call("POST", "/minipaas/log-sessions", {**wanted, "apps": list(apps)})
    for line in platform.stream(f"/minipaas/log-sessions/{session['id']}"):
        name, _, rest = line.partition(b" ")
        yield name.decode(), rest


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
        if chunk.source is Source.HEROKU and (chunk.data.endswith(b" to complete\n") or _gone(chunk, app, dyno)):
            return


def _gone(chunk: LogChunk, app: str, dyno: str) -> bool:
    """A reader slower than a flood may have lost the line that tells the end."""
    if not chunk.data.startswith(b"Error L11"):
        return False
    return all(each["name"] != dyno for each in client().get(f"/apps/{app}/dynos"))


def _from_disk(app: str | None, num: int, wanted: LogFilter, look: Look) -> bool:
    """Print what an earlier platform kept; whether there was anything."""
    from minipaas.cli.keptlogs import kept_apps, kept_lines  # noqa: PLC0415  a running platform has it in memory
    from minipaas.logplex.together import together  # noqa: PLC0415  as above

    place = home()
    apps = kept_apps(place, app)
    view = look.of(apps)
    chunks = together({name: kept_lines(place, name, num, wanted) for name in apps}, num)
    for name, chunk in chunks:
        sys.stdout.buffer.write(view(name, chunk))
    return bool(chunks)
