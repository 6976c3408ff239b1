"""pg:psql, pg:info, pg:promote, pg:reset, redis:cli, redis:info."""

import os
import shlex
from typing import Any
from urllib.parse import quote, urlsplit

import click

from minipaas.cli import output
from minipaas.cli.addons import confirmed
from minipaas.cli.attachments import only
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import UsageProblem
from minipaas.model.service import POSTGRESQL, REDIS, Service


@click.command(
    name="pg:psql",
    epilog=example(
        "minipaas pg:psql",
        "minipaas pg:psql -c 'SELECT count(*) FROM notes'",
        "minipaas pg:psql HEROKU_POSTGRESQL_TEAL -f schema.sql",
    ),
)
@app_option
@click.option("-c", "--command", metavar="SQL", help="run this and exit")
@click.option("-f", "--file", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="run this file")
@click.argument("database", required=False)
def psql(app: str | None, command: str | None, file: str | None, database: str | None) -> None:
    """Open PostgreSQL's terminal on an app's database.

    It is the system's psql, or the one that `pip install 'minipaas[addons]'` brings.
    """
    told = _facts(app, database, POSTGRESQL)
    from minipaas.addons.search import Programs  # noqa: PLC0415  for this one command

    program, at = Programs().psql(), urlsplit(told["values"]["URL"])
    words = [str(program), f"--set=PROMPT1={told['app']}::{told['attachment']}%R%# "]
    words += [*(("--command", command) if command else ()), *(("--file", file) if file else ())]
    output.note(f"--> Connecting to {told['addon']['name']}")
    # By the environment: a list of processes shows words, not that.
    _become(
        words,
        PGHOST=at.hostname or "",
        PGPORT=str(at.port),
        PGUSER=at.username or "",
        PGPASSWORD=at.password or "",
        PGDATABASE=at.path.lstrip("/"),
    )


@click.command(name="pg:info", epilog=example("minipaas pg:info", "minipaas pg:info DATABASE --json"))
@app_option
@json_option
@click.argument("database", required=False)
def pg_info(app: str | None, as_json: bool, database: str | None) -> None:
    """Show version, size and connections of an app's database."""
    _show(_facts(app, database, POSTGRESQL), as_json)


@click.command(name="pg:promote", epilog=example("minipaas pg:promote HEROKU_POSTGRESQL_TEAL"))
@app_option
@click.argument("database")
def pg_promote(app: str | None, database: str) -> None:
    """Let DATABASE_URL be another database's; the one before keeps an address by colour."""
    told = _facts(app, database, POSTGRESQL)
    output.begin(f"Promoting {told['addon']['name']} to DATABASE_URL on {told['app']}")
    _act(told, "promote")
    output.done()


@click.command(name="pg:reset", epilog=example("minipaas pg:reset DATABASE --confirm shop"))
@app_option
@click.option("-c", "--confirm", metavar="APP", help="the app's name, to be asked nothing")
@click.argument("database", required=False)
def pg_reset(app: str | None, confirm: str | None, database: str | None) -> None:
    """Delete everything in a database, for good."""
    told = _facts(app, database, POSTGRESQL)
    name = told["addon"]["name"]
    confirmed(told["app"], confirm, f"This command will delete all data of {name}.")
    output.begin(f"Resetting {name}")
    _act(told, "reset")
    output.done()


@click.command(
    name="redis:cli",
    epilog=example("minipaas redis:cli", "minipaas redis:cli -c 'GET visits'", "minipaas redis:cli CACHE"),
)
@app_option
@click.option("-c", "--command", metavar="COMMAND", help="run this and exit")
@click.argument("database", required=False)
def redis_cli(app: str | None, command: str | None, database: str | None) -> None:
    """Open Redis's terminal on an app's store.

    It is the system's redis-cli, or the one that `pip install 'minipaas[addons]'` brings.
    """
    told = _facts(app, database, REDIS)
    from minipaas.addons.search import Programs  # noqa: PLC0415  for this one command

    program, at = Programs().redis_cli(), urlsplit(told["values"]["URL"])
    try:
        more = shlex.split(command or "")
    except ValueError as error:
        raise UsageProblem(f"cannot read the command {command}: {error}") from error
    output.note(f"Connecting to {told['addon']['name']} ({told['attachment']})")
    _become([str(program), "-h", at.hostname or "", "-p", str(at.port), *more], REDISCLI_AUTH=at.password or "")


@click.command(name="redis:info", epilog=example("minipaas redis:info", "minipaas redis:info CACHE --json"))
@app_option
@json_option
@click.argument("database", required=False)
def redis_info(app: str | None, as_json: bool, database: str | None) -> None:
    """Show version, memory and keys of an app's store."""
    _show(_facts(app, database, REDIS), as_json)


def _facts(app: str | None, database: str | None, service: Service) -> dict[str, Any]:
    platform = client()
    name = choose_app(platform, app)
    meant = database or _default(platform, name, service)
    told: dict[str, Any] = platform.get(f"/minipaas/apps/{name}/addons/{quote(meant, safe='')}/facts")
    if told["addon"]["addon_service"]["name"] != service.name:
        raise UsageProblem(f"{meant} is no {service.name}: it is {told['addon']['plan']['name']}")
    return {**told, "app": name}


def _default(platform: Any, app: str, service: Service) -> str:
    """`DATABASE`, as Heroku takes it, else the only one."""
    names = {each["name"] for each in platform.get(f"/apps/{app}/addon-attachments")}
    return service.first if service.first in names else only(platform, app, service.name)


def _act(told: dict[str, Any], action: str) -> None:
    client().call("POST", f"/minipaas/apps/{told['app']}/addons/{quote(told['addon']['name'])}/actions/{action}")


def _show(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.as_json(told)
        return
    addon = told["addon"]
    output.data(output.bold(f"=== {', '.join(addon['config_vars'])}"))
    status = "Failed" if addon["failed"] else "Available"
    rows = [("Plan", addon["plan"]["name"]), ("Status", status), *told["facts"].items()]
    rows += [("Created", addon["created_at"]), ("Add-on", addon["name"])]
    output.columns([(f"{title}:", value) for title, value in rows])


def _become(words: list[str], **more: str) -> None:
    """Its terminal, its signals and its exit code are the program's."""
    os.execve(words[0], words, {**os.environ, **more})
