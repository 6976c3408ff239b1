"""ps:type."""

from typing import Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import NotFound
from minipaas.model.dyno import SIZES
from minipaas.parse.sizing import parse_sizing


@click.command(
    name="ps:type",
    epilog=example(
        "minipaas ps:type", "minipaas ps:type standard-2x", "minipaas ps:type web=performance-m worker=basic"
    )
    + f"\n\nSizes: {', '.join(SIZES)}.",
)
@app_option
@json_option
@click.argument("sizes", nargs=-1, metavar="[SIZE | TYPE=SIZE...]")
def type_(app: str | None, as_json: bool, sizes: tuple[str, ...]) -> None:
    """Show or set the size of dynos, which limits their memory and processes; dynos of another size are restarted."""
    platform = client()
    name = choose_app(platform, app)
    formation = platform.get(f"/apps/{name}/formation")
    if not formation:
        raise NotFound(f"no process types on {name}", "add a Procfile with a line `web: COMMAND`")
    if sizes:
        changes = parse_sizing(sizes, [each["type"] for each in formation])
        updates = [{"type": change.type, "size": change.size.name} for change in changes if change.size]
        output.begin(f"Scaling dynos on {name}")
        formation = platform.call("PATCH", f"/apps/{name}/formation", {"updates": updates})
        output.done()
    output.as_json(formation) if as_json else _show(formation)


def _show(formation: list[dict[str, Any]]) -> None:
    rows = [_row(each) for each in sorted(formation, key=lambda each: str(each["type"]))]
    output.columns([("type", "size", "qty", "memory", "processes"), *rows])


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    size = SIZES[each["size"].lower()]
    return each["type"], size.name, str(each["quantity"]), f"{size.memory_bytes // 2**20} MB", str(size.processes)
