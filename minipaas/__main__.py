"""`python -m minipaas`, and the `minipaas` command."""

import gc
import sys

#: As a shell tells that Ctrl-C ended a command.
INTERRUPTED = 130


def main() -> None:
    """The command; Ctrl-C while it loads ends it without a traceback."""
    gc.disable()  # until the command is loaded, see `cli.group`
    try:
        from minipaas.cli.main import main as command  # noqa: PLC0415  loading takes long enough to be interrupted
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    command()


if __name__ == "__main__":
    main()
