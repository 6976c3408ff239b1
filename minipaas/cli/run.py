"""run, run:detached."""

import shlex
import sys
from typing import Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, home, json_option
from minipaas.errors import UsageProblem

#: Everything after the command's first word belongs to it, `-l` too.
_AS_GIVEN = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def _dyno_options(command: Any) -> Any:
    """What both ways to run take."""
    for option in (
        click.argument("command", nargs=-1, required=True, metavar="COMMAND..."),
        click.option("-e", "--env", metavar="A=1;B=2", help="config vars for this dyno alone"),
        click.option("-s", "--size", metavar="SIZE", help="its size: eco, basic, standard-1x, standard-2x, ..."),
        click.option("--type", "type_", metavar="TYPE", help="its name, instead of `run`"),
    ):
        command = option(command)
    return command


@click.command(
    context_settings=_AS_GIVEN,
    epilog=example(
        "minipaas run bash",
        "minipaas run python manage.py migrate",
        "minipaas run worker 42              the Procfile's worker, with an argument",
        "minipaas run --size standard-2x --env 'DEBUG=1;LEVEL=2' rake report",
        "echo 'select 1' | minipaas run 'psql $DATABASE_URL'",
    ),
)
@app_option
@_dyno_options
@click.option("-x", "--exit-code", is_flag=True, help="pass the exit code on; here that is always so")
@click.option("--no-tty", is_flag=True, help="no terminal in the dyno, also when this is one")
def run(
    app: str | None,
    command: tuple[str, ...],
    env: str | None,
    size: str | None,
    type_: str | None,
    exit_code: bool,
    no_tty: bool,
) -> int:
    """Run a command in a dyno of its own, with your terminal, and exit as it does.

    The dyno has a fresh copy of the app and its config vars. It ends with the command, when you leave, or after
    a day.
    """
    from minipaas.cli.attached import attend, size_of_terminal  # noqa: PLC0415  only this one has a terminal

    terminal = not no_tty and sys.stdin.isatty() and sys.stdout.isatty()
    platform = client()
    name = choose_app(platform, app)
    words = _line(command)
    more = size_of_terminal() if terminal else {}
    wish = _wish(words, {**_variables(env), **more}, size, type_)
    output.begin(f"Running {words} on {name}")
    dyno = platform.call("POST", f"/apps/{name}/dynos", {**wish, "attach": True, "force_no_tty": not terminal})
    return attend(home(), dyno, terminal=terminal)


@click.command(
    name="run:detached",
    context_settings=_AS_GIVEN,
    epilog=example("minipaas run:detached python import.py", "minipaas logs --tail -d run.1234"),
)
@app_option
@json_option
@_dyno_options
@click.option("-t", "--tail", is_flag=True, help="show the dyno's log until it ends")
def detached(
    app: str | None,
    as_json: bool,
    command: tuple[str, ...],
    env: str | None,
    size: str | None,
    type_: str | None,
    tail: bool,
) -> None:
    """Run a command in a dyno of its own and do not wait for it: its output goes to the app's log."""
    platform = client()
    name = choose_app(platform, app)
    words = _line(command)
    output.begin(f"Running {words} on {name}")
    dyno = platform.call("POST", f"/apps/{name}/dynos", _wish(words, _variables(env), size, type_))
    output.done(dyno["name"])
    if as_json:
        output.as_json(dyno)
    if tail:
        from minipaas.cli.logs import show_until_complete  # noqa: PLC0415

        show_until_complete(name, dyno["name"])
    elif not as_json:
        output.note(f"Run minipaas logs --app {name} --dyno-name {dyno['name']} to view the output.")


def _line(command: tuple[str, ...]) -> str:
    """One word is a shell's line already; several are quoted where they must be, as heroku/cli does."""
    return command[0] if len(command) == 1 else shlex.join(command)


def _variables(env: str | None) -> dict[str, str]:
    """`A=1;B=2`."""
    pairs = [pair for pair in (env or "").split(";") if pair.strip()]
    for pair in pairs:
        if not pair.partition("=")[1] or not pair.partition("=")[0].strip():
            raise UsageProblem(f"cannot read {pair!r} in --env: NAME=VALUE is needed", "--env 'A=1;B=2'")
    return {name.strip(): value for name, _, value in (pair.partition("=") for pair in pairs)}


def _wish(words: str, env: dict[str, str], size: str | None, type_: str | None) -> dict[str, Any]:
    wish = {"command": words, "env": env, "size": size, "type": type_}
    return {key: value for key, value in wish.items() if value}
