"""Tables in Markdown, and whether a figure meets its bar."""

import platform
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import psutil


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One table; cells as they print."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def verdict(value: float, bar: float, aim: float | None = None, *, unit: str = "") -> str:
    """Whether `value` is at most `bar`, and at most `aim` where there is one."""
    limit = f"<= {bar:g}{unit}" if bar else "0"
    told = f"PASS (bar {limit})" if value <= bar else f"**short of the bar** ({limit})"
    if aim is None or value > bar:
        return told
    return told[:-1] + (f", aim {aim:g} met)" if value <= aim else f", aim {aim:g} not met)")


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the ratios within each round: what else the machine did falls on both."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def ms(seconds: Sequence[float]) -> str:
    """Median and range of seconds, printed in milliseconds."""
    low, middle, high = (1000 * pick(seconds) for pick in (min, statistics.median, max))
    return f"{middle:.0f} ({low:.0f}-{high:.0f})"


def heading(command: str) -> str:
    """When, where and how: the line above a table."""
    now = datetime.now(UTC)
    load = psutil.getloadavg()[0]
    return (
        f"`{command}`, {now:%Y-%m-%d %H:%M} UTC, Linux {platform.release()}, Python {platform.python_version()}, "
        f"{psutil.cpu_count()} cores, load {load:.1f}"
    )
