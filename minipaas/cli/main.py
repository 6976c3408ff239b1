"""The `minipaas` command: finds the topic's command, and turns errors into words and exit codes."""

import os
import sys
from contextlib import suppress

import click

from minipaas import __version__
from minipaas.cli import output
from minipaas.cli.group import ColonGroup
from minipaas.errors import InternalError, MinipaasError

INTERRUPTED = 130
#: As the shell tells a reader that left: 128 + SIGPIPE.
PIPE_CLOSED = 141

EXIT_CODES = """\b
Exit codes:
  0    done
  1    the act failed, or a rule is broken
  2    usage, or a faulty file of yours (Procfile, app.json, ...)
  3    inconclusive
  4    something needed is missing (engine, port, platform not up)
  70   internal error
  130  interrupted (143: by SIGTERM)
"""


@click.command(
    cls=ColonGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, message="minipaas %(version)s")
def cli() -> None:
    """Run an app as Heroku would: buildpacks, ephemeral dynos behind a router, logs in Heroku's words.

    \b
    Start here:
      minipaas up                      in a folder with a Procfile
      minipaas ps:relocate web.1       move a dyno to another host
      minipaas logs --tail             watch what happens

    State lives in $MINIPAAS_HOME (default: your user state folder).
    """


def main() -> None:
    """Run, and leave with the documented exit code; a traceback is never a user's to read."""
    sys.exit(run())


def run() -> int:
    """Run; the exit code."""
    try:
        code = cli.main(standalone_mode=False, prog_name="minipaas")
        return code if isinstance(code, int) else 0
    except MinipaasError as error:
        output.problem(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at exit.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        return _internal(error)


def _internal(error: Exception) -> int:
    if os.environ.get("MINIPAAS_DEBUG"):
        raise error
    told = InternalError(
        f"internal error: {type(error).__name__}: {error}",
        "set MINIPAAS_DEBUG=1 to see where, and please report it",
    )
    output.problem(told)
    return told.exit_code
