"""report."""

import os
import sys
from pathlib import Path

import click

from minipaas.chaos.replay import read_replay
from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import home
from minipaas.cli.terminal import wants_colour
from minipaas.errors import UsageProblem
from minipaas.model.verdict import Report
from minipaas.report.as_text import as_text
from minipaas.report.writers import WRITERS
from minipaas.store.runs import Runs, records


@click.command(
    epilog=example(
        "minipaas report", "minipaas report --list", "minipaas report 12 --format html --output chaos.html"
    )
)
@click.argument("run", required=False, metavar="[RUN|FILE]")
@click.option("--list", "listed", is_flag=True, help="list the runs that are kept")
@click.option("--format", "format_", type=click.Choice(list(WRITERS)), default="text", show_default=True)
@click.option("--output", "path", type=click.Path(dir_okay=False, path_type=Path), help="a file instead of stdout")
@click.option("--no-color", is_flag=True, help="no colours on a terminal either")
def report(run: str | None, listed: bool, format_: str, path: Path | None, no_color: bool) -> None:
    """Write the report of an earlier run of chaos again, the last one's when none is named. Nothing is run.

    Exit codes: 0 written, 2 there is no such run, or it was interrupted before its verdict.
    """
    runs = Runs(home().chaos)
    if listed:
        for kept in runs.names():
            output.data(_line(runs, kept))
        return
    name = run or next(iter(runs.names()[::-1]), None)
    if name is None:
        raise UsageProblem("no run of chaos is kept here", "`minipaas chaos PATH` makes one")
    found = read_replay(runs.find(name), name).report
    if found is None:
        raise UsageProblem(
            f"run {name} was interrupted before its verdict", "`minipaas report --list` lists the runs"
        )
    write_report(found, format_, path, no_color=no_color)


def _line(runs: Runs, name: str) -> str:
    """`12  2026-11-24T15:02:11Z  minipaas chaos examples/shop --seed 7`."""
    first = next(records(runs.find(name)), {})
    return f"{name:>4}  {first.get('began_at', '')}  {first.get('command', '')}"


def write_report(report: Report, format_: str, path: Path | None, *, no_color: bool) -> None:
    """To a file, or to stdout.

    Raises:
        UsageProblem: the file cannot be written.
    """
    if format_ == "text" and path is None:
        colour = wants_colour(sys.stdout.isatty(), os.environ, no_color=no_color)
        width = min(os.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100
        output.data(as_text(report, width=width, colour=colour))
        return
    text = WRITERS[format_](report)
    if path is None:
        output.data(text)
        return
    try:
        path.write_text(text + "\n")
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror}") from error
    output.note(f"The report is in {path}")
