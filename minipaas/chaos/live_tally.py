"""Requests as they end, counted for the act they fell into, or as calm. Pure."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from minipaas.model.live import Act, ActKind, Done, Latency, LiveApp, Seen

#: The user went away, or was told so on purpose by who runs the platform: no failure of the app.
_NO_FAILURE = ("H26", "H27", "H28", "H80")
#: A status from here on is a failure.
_FAILURE = 500


@dataclass(slots=True)
class _Count:
    requests: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    service_ms: "array[int]" = field(default_factory=lambda: array("l"))

    def add(self, code: str, service_ms: int | None) -> None:
        self.requests += 1
        if code:
            self.codes[code] += 1
        if service_ms is not None:
            self.service_ms.append(service_ms)

    def seen(self) -> Seen:
        return Seen(
            requests=self.requests,
            failed=sum(self.codes.values()),
            codes=dict(sorted(self.codes.items())),
            latency=latency(self.service_ms),
        )


@dataclass(slots=True)
class Window:
    """The time around one act, open until all dynos concerned are up again; seconds since the epoch."""

    act: Act
    apps: frozenset[str]
    began: float
    until: float | None = None
    note: str = ""
    #: The one that fails.
    host: str = ""
    count: _Count = field(default_factory=_Count)

    def meets(self, app: str, began: float, ended: float) -> bool:
        """Whether a request fell into it, at least in part."""
        return app in self.apps and ended >= self.began and (self.until is None or began <= self.until)


class Tally:
    """All that was seen. Times are seconds since the epoch, `began` that of the run's begin."""

    def __init__(self, apps: Iterable[str], began: float) -> None:
        self.began = began
        self.lost = 0
        self.requests = 0
        self.failed = 0
        self._windows: list[Window] = []
        self._calm = {app: _Count() for app in apps}
        self._around = {app: _Count() for app in self._calm}
        self._kinds: dict[tuple[str, ActKind], _Count] = {}

    def open(self, act: Act, apps: Iterable[str], at: float) -> Window:
        """An act begins."""
        window = Window(act, frozenset(apps), at)
        self._windows.append(window)
        return window

    def add(self, record: Mapping[str, Any]) -> None:
        """A line of `/minipaas/requests`; lines without a record tell gaps."""
        self.lost += int(record.get("lost", 0))
        app = record.get("app")
        if app not in self._calm:
            return
        code, service = code_of(record), record["service_ms"]
        self.requests += 1
        self.failed += bool(code)
        began = float(record["started_at"])
        window = self._window(app, began, began + (service or 0) / 1000)
        if window is None:
            self._calm[app].add(code, service)
            return
        for count in (
            window.count,
            self._around[app],
            self._kinds.setdefault((app, window.act.kind), _Count()),
        ):
            count.add(code, service)

    def _window(self, app: str, began: float, ended: float) -> Window | None:
        """The latest act that it fell into."""
        return next((each for each in reversed(self._windows) if each.meets(app, began, ended)), None)

    def open_windows(self) -> list[Window]:
        """Acts that are not over."""
        return [each for each in self._windows if each.until is None]

    def told(self, window: Window) -> Done:
        """One act as it was carried out."""
        return Done(
            act=window.act,
            at_s=round(window.began - self.began, 3),
            until_s=None if window.until is None else round(window.until - self.began, 3),
            note=window.note,
            host=window.host,
            apps=window.apps,
            seen=window.count.seen(),
        )

    def done(self) -> tuple[Done, ...]:
        """All acts."""
        return tuple(map(self.told, self._windows))

    def apps(self) -> tuple[LiveApp, ...]:
        """What the users of each app saw."""
        return tuple(
            LiveApp(
                app=app,
                calm=self._calm[app].seen(),
                around=self._around[app].seen(),
                by_kind={kind: self._kinds[app, kind].seen() for kind in ActKind if (app, kind) in self._kinds},
            )
            for app in self._calm
        )


def code_of(record: Mapping[str, Any]) -> str:
    """What a request failed with: its H-code, or else a status of 500 and more; empty when it did not fail."""
    if record["code"]:
        return "" if record["code"] in _NO_FAILURE else str(record["code"])
    status = record["status"] or 0
    return str(status) if status >= _FAILURE else ""


def latency(service_ms: Sequence[int]) -> Latency | None:
    """Nearest-rank percentiles; None of nothing."""
    if not service_ms:
        return None
    ordered = sorted(service_ms)

    def rank(share: float) -> int:
        return ordered[max(ceil(share * len(ordered)) - 1, 0)]

    return Latency(p50=rank(0.50), p95=rank(0.95), p99=rank(0.99))
