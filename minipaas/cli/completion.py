"""completion."""

import click
from click.shell_completion import get_completion_class

from minipaas.cli import output
from minipaas.cli.group import example

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog=example(
        'eval "$(minipaas completion bash)"', "minipaas completion fish > ~/.config/fish/completions/minipaas.fish"
    )
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes minipaas's commands in your shell."""
    from minipaas.cli.main import cli  # noqa: PLC0415  main loads commands by name, a circle otherwise

    kind = get_completion_class(shell)
    assert kind is not None, shell
    output.data(kind(cli, {}, "minipaas", "_MINIPAAS_COMPLETE").source())
