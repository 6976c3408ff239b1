"""An app's figures as JSON, and all apps' as Prometheus' text format. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minipaas.control.traffic import RouteTally, Traffic, merged, percentile
from minipaas.formation.memory import Watched

QUANTILES = (0.5, 0.95, 0.99)


def as_json(app: str, traffic: Traffic, dynos: Iterable[Watched]) -> dict[str, Any]:
    """What `minipaas metrics --json` prints."""
    return {
        "app": app,
        "requests_per_second": round(traffic.per_second(), 3),
        "all": _figures(merged(traffic.routes.values())),
        "routes": [
            {"route": route, **_figures(tally)}
            for route, tally in sorted(traffic.routes.items(), key=lambda pair: -pair[1].requests)
        ],
        "codes": dict(sorted(traffic.codes.items())),
        "dynos": [
            {
                "name": str(dyno.name),
                "memory_bytes": dyno.process.memory().used_bytes,
                "memory_quota_bytes": dyno.size.memory_bytes,
                "cpu_seconds": round(dyno.process.cpu_s(), 2),
            }
            for dyno in dynos
            if dyno.process is not None
        ],
    }


def _figures(tally: RouteTally) -> dict[str, Any]:
    return {
        "requests": tally.requests,
        **{f"p{share * 100:.0f}_ms": percentile(tally.durations, share) for share in QUANTILES},
        "statuses": dict(sorted(tally.statuses.items())),
        "bytes": tally.bytes,
    }


def as_prometheus(apps: Mapping[str, tuple[Traffic, list[Watched]]]) -> str:
    """The text exposition format, version 0.0.4."""
    return "\n".join([*_requests(apps), *_durations(apps), *_codes(apps), *_dynos(apps), ""])


def _requests(apps: Mapping[str, tuple[Traffic, list[Watched]]]) -> Iterator[str]:
    yield from _head("minipaas_requests_total", "counter", "Requests the router ended, by route and class of status.")
    for app, (traffic, _) in apps.items():
        for route, tally in traffic.routes.items():
            for status, count in tally.statuses.items():
                yield _sample("minipaas_requests_total", count, app=app, route=route, status=status)


def _durations(apps: Mapping[str, tuple[Traffic, list[Watched]]]) -> Iterator[str]:
    name = "minipaas_request_duration_seconds"
    yield from _head(name, "summary", "Service time of requests that a dyno served, since the platform started.")
    for app, (traffic, _) in apps.items():
        for route, tally in traffic.routes.items():
            for share in QUANTILES:
                if (ms := percentile(tally.durations, share)) is not None:
                    yield _sample(name, ms / 1000, app=app, route=route, quantile=str(share))
            yield _sample(f"{name}_sum", tally.total_ms / 1000, app=app, route=route)
            yield _sample(f"{name}_count", tally.durations.total(), app=app, route=route)


def _codes(apps: Mapping[str, tuple[Traffic, list[Watched]]]) -> Iterator[str]:
    yield from _head("minipaas_errors_total", "counter", "H- and R-codes in the app's log.")
    for app, (traffic, _) in apps.items():
        for code, count in traffic.codes.items():
            yield _sample("minipaas_errors_total", count, app=app, code=code)


def _dynos(apps: Mapping[str, tuple[Traffic, list[Watched]]]) -> Iterator[str]:
    living = [(app, dyno, dyno.process) for app, (_, dynos) in apps.items() for dyno in dynos if dyno.process]
    yield from _head("minipaas_dyno_memory_bytes", "gauge", "Memory of a dyno without page cache.")
    for app, dyno, process in living:
        yield _sample("minipaas_dyno_memory_bytes", process.memory().used_bytes, app=app, dyno=str(dyno.name))
    yield from _head("minipaas_dyno_cpu_seconds_total", "counter", "CPU time of the process that fills a dyno now.")
    for app, dyno, process in living:
        yield _sample("minipaas_dyno_cpu_seconds_total", process.cpu_s(), app=app, dyno=str(dyno.name))


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _sample(name: str, value: float, **labels: str) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {round(value, 6)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
