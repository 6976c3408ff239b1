"""ps, ps:scale, ps:restart, ps:relocate, ps:stop."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

import click

from minipaas.api.client import Client
from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, choose_apps, client, json_option
from minipaas.errors import NotFound, UsageProblem
from minipaas.formation.selector import Selector
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import SIZES
from minipaas.parse.scale import apply, parse_scale

Dyno = Mapping[str, Any]


@click.command(epilog=example("minipaas ps", "minipaas ps web", "minipaas ps --json"))
@app_option
@json_option
@click.argument("types", nargs=-1, metavar="[TYPE]...")
def ps(app: str | None, as_json: bool, types: tuple[str, ...]) -> None:
    """List the dynos of an app, on which host they stand and what they use; in a folder of several, of all."""
    platform = client()
    names = choose_apps(platform, app)
    dynos = [
        each for name in names for each in platform.get(f"/apps/{name}/dynos") if not types or each["type"] in types
    ]
    if as_json:
        output.as_json(dynos)
        return
    where = ", ".join(names)
    for type_ in types:
        if all(each["type"] != type_ for each in dynos):
            raise NotFound(f"no {type_} dynos on {where}")
    if not dynos:
        output.note(f"No dynos on {where}.")
        return
    for (name, type_, size, command), members in groupby(
        dynos, key=lambda each: (each["app"]["name"], each["type"], each["size"], each["command"])
    ):
        whose = f"{name}/" if len(names) > 1 else ""
        _show_type(f"{whose}{type_} ({size}): {command}", list(members))


def _show_type(title: str, dynos: list[Dyno]) -> None:
    output.data(output.bold(f"=== {title} ({len(dynos)})"))
    output.data("")
    output.columns([_row(each) for each in dynos])
    output.data("")


def _row(dyno: Dyno) -> tuple[str, ...]:
    place = f"host {dyno['host']}  {dyno['address']}:{dyno['port']}" if dyno["host"] else "-"
    memory = f"{dyno['memory_bytes'] / 2**20:.0f}M" if dyno["memory_bytes"] else "-"
    return (
        f"{dyno['name']}: {dyno['state']} {_since(dyno['created_at'])}",
        place,
        memory,
        f"{dyno['cpu_seconds']:.1f}s cpu" if dyno["pid"] else "-",
        f"v{dyno['release']['version']}",
    )


def _since(text: str) -> str:
    """`2026/08/04 10:00:00 +0000 (~ 1h ago)`, as heroku/cli prints it."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    seconds = max(0, int((datetime.now(UTC) - at).total_seconds()))
    exact = at.strftime("%Y/%m/%d %H:%M:%S %z")
    for unit, length, most in (("s", 1, 60), ("m", 60, 3600), ("h", 3600, 25 * 3600)):
        if seconds < most:
            return f"{exact} (~ {seconds // length}{unit} ago)"
    return exact


@click.command(
    name="ps:scale",
    epilog=example(
        "minipaas ps:scale web=2 worker=1", "minipaas ps:scale web+1", "minipaas ps:scale web=2:standard-2x"
    ),
)
@app_option
@json_option
@click.argument("changes", nargs=-1, metavar="[TYPE=N[:SIZE]]...")
def scale(app: str | None, as_json: bool, changes: tuple[str, ...]) -> None:
    """Change how many dynos run, and their size; without arguments, show it."""
    wanted = parse_scale(changes)
    platform = client()
    name = choose_app(platform, app)
    formation = platform.get(f"/apps/{name}/formation")
    if not formation:
        raise NotFound(f"no process types on {name}", "add a Procfile with a line `web: COMMAND`")
    if not wanted:
        output.as_json(formation) if as_json else output.data(_spelled(formation))
        return
    after = apply(
        {each["type"]: FormationEntry(each["quantity"], SIZES[each["size"].lower()]) for each in formation}, wanted
    )
    output.begin("Scaling dynos")
    touched = {change.type for change in wanted}
    updates = [{"type": t, "quantity": e.quantity, "size": e.size.name} for t, e in after.items() if t in touched]
    formation = platform.call("PATCH", f"/apps/{name}/formation", {"updates": updates})
    now = ", ".join(f"{e['type']} at {e['quantity']}:{e['size']}" for e in formation if e["type"] in touched)
    output.done(f"now running {now}")
    if as_json:
        output.as_json(formation)


def _spelled(formation: list[Dyno]) -> str:
    return " ".join(f"{each['type']}={each['quantity']}:{each['size']}" for each in formation)


@click.command(
    name="ps:restart",
    epilog=example("minipaas ps:restart", "minipaas ps:restart web.1", "minipaas ps:restart -p worker"),
)
@app_option
@click.option("-d", "--dyno-name", metavar="DYNO", help="one dyno, web.1")
@click.option("-p", "--process-type", metavar="TYPE", help="all dynos of a type, web")
@click.argument("which", required=False, metavar="[DYNO|TYPE]")
def restart(app: str | None, dyno_name: str | None, process_type: str | None, which: str | None) -> None:
    """Restart dynos: all of the app when none is named."""
    platform, name, word = _selected(app, dyno_name, process_type, which)
    output.begin(f"Restarting {_spoken(word)} on {name}")
    platform.call("DELETE", f"/apps/{name}/dynos{f'/{quote(word)}' if word else ''}")
    output.done()


@click.command(name="ps:stop", epilog=example("minipaas ps:stop web.1", "minipaas ps:stop -p worker"))
@app_option
@click.option("-d", "--dyno-name", metavar="DYNO", help="one dyno, web.1")
@click.option("-p", "--process-type", metavar="TYPE", help="all dynos of a type, web")
@click.argument("which", required=False, metavar="[DYNO|TYPE]")
def stop(app: str | None, dyno_name: str | None, process_type: str | None, which: str | None) -> None:
    """Stop dynos; the formation brings them back at once, as on Heroku. `ps:scale web=0` keeps them away."""
    platform, name, word = _selected(app, dyno_name, process_type, which)
    if word is None:
        raise UsageProblem(
            "cannot stop dynos: none is named", "`minipaas ps:stop web.1`; `minipaas down` stops everything"
        )
    output.begin(f"Stopping {_spoken(word)} on {name}")
    platform.call("POST", f"/apps/{name}/dynos/{quote(word)}/actions/stop")
    output.done()


@click.command(
    name="ps:relocate",
    epilog=example("minipaas ps:relocate web.1", "minipaas ps:relocate web.1 --host b", "minipaas ps:relocate"),
)
@app_option
@click.option("-d", "--dyno-name", metavar="DYNO", help="one dyno, web.1")
@click.option("-p", "--process-type", metavar="TYPE", help="all dynos of a type, web")
@click.option("--host", metavar="HOST", help="where to; else the emptiest other host")
@click.argument("which", required=False, metavar="[DYNO|TYPE]")
def relocate(
    app: str | None, dyno_name: str | None, process_type: str | None, host: str | None, which: str | None
) -> None:
    """Move dynos to another host, as Heroku does when hardware fails: new address, new port, fresh disk."""
    platform, name, word = _selected(app, dyno_name, process_type, which)
    output.begin(f"Relocating {_spoken(word)} on {name}")
    path = f"/minipaas/apps/{name}/dynos{f'/{quote(word)}' if word else ''}/actions/relocate"
    platform.call("POST", path, {"host": host} if host else {})
    output.done()


def _selected(
    app: str | None, dyno_name: str | None, process_type: str | None, which: str | None
) -> tuple[Client, str, str | None]:
    given = [word for word in (dyno_name, process_type, which) if word is not None]
    if len(given) > 1:
        raise UsageProblem(
            f"cannot tell which dynos are meant: {', '.join(given)}", "name one dyno or one process type"
        )
    word = given[0] if given else None
    Selector.parse(word)
    platform = client()
    return platform, choose_app(platform, app), word


def _spoken(word: str | None) -> str:
    if word is None:
        return "all dynos"
    return f"dyno {word}" if "." in word else f"all {word} dynos"
