"""explain."""

import os
import shutil
import sys
from typing import Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import json_option
from minipaas.cli.terminal import wants_colour
from minipaas.report.sheet import Ink, Sheet
from minipaas.rules.catalogue import ENTRIES, RULES, Entry
from minipaas.rules.handbook import find

#: Prose is hard to read in longer lines.
WIDEST = 92


@click.command(epilog=example("minipaas explain", "minipaas explain MP101", "minipaas explain state-in-memory MP204"))
@json_option
@click.option("--no-color", is_flag=True, help="no colours on a terminal either")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
def explain(codes: tuple[str, ...], as_json: bool, no_color: bool) -> None:
    """Explain what chaos finds: why it matters, an example, the way out. CODE is MP101, or its name."""
    entries = tuple(dict.fromkeys(find(code) for code in codes))
    if as_json:
        output.as_json([_shape(entry) for entry in entries or ENTRIES])
    elif entries:
        colour = wants_colour(sys.stdout.isatty(), os.environ, no_color=no_color)
        width = min(shutil.get_terminal_size().columns, WIDEST)
        output.data("\n\n\n".join(page(entry, width=width, colour=colour) for entry in entries))
    else:
        output.columns([(entry.code, entry.name, entry.severity, entry.title) for entry in ENTRIES])
        output.note("\n`minipaas explain CODE` tells more")


def page(entry: Entry, *, width: int, colour: bool) -> str:
    """One entry for a terminal."""
    sheet = Sheet(width, colour=colour)
    sheet.say(entry.title, label=f"{entry.code} {entry.name}:", ink=Ink.HEAD)
    sheet.say(f"{entry.severity}, rule {entry.rule}: {RULES[entry.rule]}")
    for label, text in (("why:", entry.why), ("example:", entry.example), ("way out:", entry.fix)):
        sheet.blank()
        sheet.say(text, label=label, ink=Ink.POINTS)
    sheet.blank()
    sheet.exactly(entry.source, label="source:", ink=Ink.POINTS)
    return sheet.text()


def _shape(entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "name": entry.name,
        "rule": entry.rule.value,
        "severity": entry.severity.value,
        "title": entry.title,
        "why": entry.why,
        "example": entry.example,
        "fix": entry.fix,
        "source": entry.source,
    }
