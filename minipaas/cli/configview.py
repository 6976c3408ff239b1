"""Config vars as they are printed."""

import shlex
from collections.abc import Mapping

from minipaas.cli import output


def show(values: Mapping[str, str], *, shell: bool = False) -> None:
    """One line each, by name: `A:  1`, or `A=1` as a shell reads it."""
    ordered = sorted(values.items())
    if shell:
        for name, value in ordered:
            output.data(f"{name}={shlex.quote(value)}")
        return
    output.columns([(f"{name}:", value) for name, value in ordered])
