"""One door for what the command prints: data on stdout, everything else on stderr."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from minipaas.cli.terminal import wants_colour
from minipaas.errors import MinipaasError

_RED, _CYAN, _YELLOW, _BOLD, _RESET = "\x1b[31m", "\x1b[36m", "\x1b[33m", "\x1b[1m", "\x1b[0m"


def data(text: str) -> None:
    """What was asked for."""
    print(text)  # noqa: T201


def as_json(value: Any) -> None:
    """What was asked for, as JSON."""
    data(json.dumps(value, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """What the user should know."""
    print(text, file=sys.stderr)  # noqa: T201


def begin(act: str) -> None:
    """`Restarting dyno web.1 on clean... `; `done` ends the line."""
    print(f"{act}... ", end="", file=sys.stderr, flush=True)  # noqa: T201


def done(result: str = "") -> None:
    """`done`, or `done, RESULT`."""
    note(f"done, {result}" if result else "done")


def warning(text: str) -> None:
    """Something that does not stop the work."""
    note(f"{_paint('warning:', _YELLOW)} {text}")


def problem(error: MinipaasError) -> None:
    """Print what `told` says."""
    print(told(error), end="", file=sys.stderr)  # noqa: T201


def told(error: MinipaasError) -> str:
    """`error: MESSAGE`, and the hint below it, where the eye looks."""
    lines = [f"{_paint('error:', _RED)} {error.message}"]
    if error.hint:
        lines += ["", f"{_paint('hint:', _CYAN)} {error.hint}"]
    lines += [f"also: {other}" for other in getattr(error, "__notes__", ())]
    return "\n".join(lines) + "\n"


def bold(text: str) -> str:
    """Bold where stdout is a terminal."""
    return f"{_BOLD}{text}{_RESET}" if wants_colour(sys.stdout.isatty(), os.environ) else text


def columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns as wide as they must be; nothing is cut."""
    if not rows:
        return
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        data("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _paint(text: str, colour: str) -> str:
    return f"{colour}{text}{_RESET}" if wants_colour(sys.stderr.isatty(), os.environ) else text
