"""up: in the foreground, or detached."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import home
from minipaas.cli.terminal import wants_colour
from minipaas.cli.upface import UpFace
from minipaas.daemon.detach import Report, detach
from minipaas.daemon.serve import serve
from minipaas.daemon.wishes import Plan, Wishes, make_plan
from minipaas.errors import MinipaasError

#: Exit status of a process that a signal ended.
SIGNALLED = 128


@click.command(
    epilog=example(
        "minipaas up",
        "minipaas up examples/clean --formation web=2",
        "minipaas up web messages --detach",
        "minipaas up --runtime docker",
        "minipaas up --runtime process --port 8000 --hosts 2 --router random",
        "minipaas up --runtime docker --stack local",
        "minipaas up --runtime swarm --registry registry.local:5000",
        "minipaas up --record shopping.har",
        "minipaas up --empty --detach",
    )
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("-a", "--app", metavar="APP", help="the app's name; else made from the folder's")
@click.option(
    "-d", "--detach", "detached", is_flag=True, help="return when the release is up (exit 1 when it is not)"
)
@click.option(
    "--runtime",
    type=click.Choice(["auto", "sandbox", "docker", "swarm", "process"]),
    envvar="MINIPAAS_RUNTIME",
    show_envvar=True,
    help="what dynos are made of  [default: auto]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="MINIPAAS_PORT",
    show_envvar=True,
    help="the router's port, 0 for any free one  [default: 5006]",
)
@click.option(
    "--listen", "address", metavar="ADDRESS", help="the router's address  [default: 127.0.0.1, this machine only]"
)
@click.option(
    "--stack",
    metavar="NAME",
    envvar="MINIPAAS_STACK",
    show_envvar=True,
    help="containers: an image, or `local`, which `minipaas stack build` makes  [default: heroku/heroku:24]",
)
@click.option(
    "--registry",
    metavar="HOST[:PORT]",
    envvar="MINIPAAS_REGISTRY",
    show_envvar=True,
    help="with --runtime swarm: the image registry that all nodes pull slugs from",
)
@click.option("--hosts", type=click.IntRange(1, 26), help="simulated hosts; a swarm has its own  [default: 3]")
@click.option("--https", is_flag=True, help="tell apps that clients came by https, for those that redirect to it")
@click.option("--formation", metavar="TYPE=N,...", help="dynos of each process type: web=2,worker=1")
@click.option(
    "--router", type=click.Choice(["round-robin", "random"]), help="how a dyno is chosen  [default: round-robin]"
)
@click.option(
    "-b", "--buildpack", "buildpacks", multiple=True, metavar="NAME|PATH|URL", help="in order; may be repeated"
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="write all requests and answers as HAR, for `minipaas chaos --har FILE`; cookies and forms are in it",
)
@click.option("--empty", is_flag=True, help="run no folder: only the apps that were pushed, and those still to come")
@click.option("--no-color", is_flag=True, help="no colours on a terminal either")
@click.option("--report-fd", type=int, hidden=True)
def up(detached: bool, no_color: bool, report_fd: int | None, **words: Any) -> int:
    """Build and run the app(s) at PATH (default: this folder), print their URLs, and stream their logs.

    A folder with a minipaas.yml may hold several apps; apps deployed by git push run beside them, and alone
    where no PATH is given and this folder holds no app.
    Ctrl-C stops all of it: once lets dynos end in their own time, twice ends them at once.
    """
    plan = make_plan(home(), Wishes(**words, may_be_empty=True))
    if report_fd is not None:
        return _in_background(plan, Report(report_fd))
    if detached:
        return detach(plan.settings.home, sys.argv[1:])
    colour = wants_colour(sys.stdout.isatty(), os.environ, no_color=no_color)
    return _run(plan, UpFace(plan, None, colour=colour))


def _in_background(plan: Plan, report: Report) -> int:
    try:
        return _run(plan, UpFace(plan, report, colour=False))
    except MinipaasError as error:
        report.write(output.told(error).encode(errors="replace"))
        raise


def _run(plan: Plan, face: UpFace) -> int:
    try:
        import uvloop  # noqa: PLC0415  not on every platform
    except ImportError:
        ending = asyncio.run(serve(plan, face))
    else:
        ending = uvloop.run(serve(plan, face))
    return SIGNALLED + ending.signal if ending.signal else 0
