"""An app's last lines as the disk keeps them: for `logs` when no platform answers."""

from pathlib import Path
from urllib.parse import quote

from minipaas.cli.target import meant
from minipaas.logplex.record import decode
from minipaas.logplex.ring import Ring
from minipaas.model.logline import LogChunk, LogFilter
from minipaas.store.apps import Apps
from minipaas.store.home import Home


def kept_apps(home: Home, wanted: str | None) -> list[str]:
    """The apps that are meant: as `choose_apps`, among those the home remembers.

    Raises:
        NotFound: the home does not know the app that is named.
        StoreProblem: an app's record is damaged.
    """
    apps = Apps(home)
    if wanted is not None:
        return [apps.get(wanted).name]
    records = {name: apps.find(name) for name in apps.names()}
    sources = {name: record.source for name, record in records.items() if record is not None}
    return meant(sources, Path.cwd().resolve())


def kept_lines(home: Home, app: str, lines: int, wanted: LogFilter) -> list[LogChunk]:
    """The last `lines` that `wanted` takes; what cannot be read is as if it were not there."""
    try:
        data = (home.logs / f"{quote(app, safe='')}.log").read_bytes()
    except OSError:
        return []
    ring = Ring()
    for chunk in decode(data).chunks:
        ring.append(chunk)
    return ring.last(lines, wanted)
