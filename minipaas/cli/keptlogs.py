"""An app's last lines as the disk keeps them: for `logs` when no platform answers."""

from pathlib import Path
from urllib.parse import quote

from minipaas.logplex.record import decode
from minipaas.logplex.ring import Ring
from minipaas.model.logline import LogChunk, LogFilter
from minipaas.store.apps import Apps
from minipaas.store.home import Home


def kept_app(home: Home, wanted: str | None) -> str | None:
    """The app that is meant: as `choose_app`, among those the home remembers; None when that is not clear.

    Raises:
        NotFound: the home does not know the app that is named.
        StoreProblem: an app's record is damaged.
    """
    apps = Apps(home)
    if wanted is not None:
        return apps.get(wanted).name
    names = apps.names()
    here = str(Path.cwd().resolve())
    for name in names:
        record = apps.find(name)
        if record is not None and record.source == here:
            return name
    return names[0] if len(names) == 1 else None


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
