"""What the router knows of one request: the record behind the log line, the metrics and the verdicts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request, ended one way or another.

    Empty strings and None print as empty in the log line. `started_at` is in seconds since the epoch,
    `connect_ms` and `service_ms` are whole milliseconds, `bytes` counts what went from the dyno to the
    client (headers and body). `life` is the dyno process that served it, where `dyno` is only its name.
    """

    app: str
    started_at: float
    method: str
    path: str
    host: str
    request_id: str
    fwd: str
    at: str = "info"
    code: str = ""
    desc: str = ""
    sock: str = ""
    cause: str = ""
    dyno: str = ""
    life: str = ""
    connect_ms: int | None = None
    service_ms: int | None = None
    status: int | None = None
    bytes: int | None = None
    protocol: str = "http1.1"
    tls: bool = False
