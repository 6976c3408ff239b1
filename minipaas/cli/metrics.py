"""metrics."""

from typing import Any

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option


@click.command(epilog=example("minipaas metrics", "minipaas metrics --json -a shop"))
@app_option
@json_option
def metrics(app: str | None, as_json: bool) -> None:
    """Show latency percentiles by route, throughput, and how often each H- and R-code came, since `up`."""
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/minipaas/apps/{name}/metrics")
    if as_json:
        output.as_json(found)
        return
    rate = f"{found['requests_per_second']:g} a second over the last minute"
    output.data(output.bold(f"=== {name}: {found['all']['requests']} requests, {rate}"))
    output.data("")
    rows = [_row(each["route"], each) for each in found["routes"]]
    if len(rows) > 1:
        rows.append(_row("all", found["all"]))
    output.columns([("route", "requests", "p50", "p95", "p99", "statuses"), *rows] if rows else [])
    codes = ", ".join(f"{code} {count}" for code, count in found["codes"].items())
    output.data(f"\nerrors: {codes or 'none'}")


def _row(route: str, figures: dict[str, Any]) -> tuple[str, ...]:
    times = ("-" if figures[key] is None else f"{figures[key]}ms" for key in ("p50_ms", "p95_ms", "p99_ms"))
    statuses = ", ".join(f"{status} {count}" for status, count in figures["statuses"].items())
    return route, str(figures["requests"]), *times, statuses
