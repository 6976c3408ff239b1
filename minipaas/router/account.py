"""What one request's record is made from, filled in as the request goes on."""

from minipaas.model.request import RequestRecord
from minipaas.router.fault import Fault
from minipaas.router.slot import Backend


class Account:
    """The running account of one request."""

    __slots__ = (
        "app",
        "backend",
        "bytes",
        "connect_ms",
        "fwd",
        "host",
        "method",
        "path",
        "request_id",
        "sent_at",
        "started_at",
        "status",
    )

    def __init__(
        self, app: str, started_at: float, method: str, path: str, host: str, request_id: str, fwd: str
    ) -> None:
        self.app = app
        self.started_at = started_at
        self.method = method
        self.path = path
        self.host = host
        self.request_id = request_id
        self.fwd = fwd
        self.backend: Backend | None = None
        self.connect_ms: int | None = None
        #: When the head went to the dyno, monotonic; below zero if it never did.
        self.sent_at = -1.0
        self.status = 0
        self.bytes = 0

    def record(self, now: float, fault: Fault | None) -> RequestRecord:
        """Close the account; `now` is monotonic."""
        backend = self.backend
        sent = backend is not None and self.sent_at >= 0
        if fault is None:
            fault = _FINE
        return RequestRecord(
            app=self.app,
            started_at=self.started_at,
            method=self.method,
            path=self.path,
            host=self.host,
            request_id=self.request_id,
            fwd=self.fwd,
            at=fault.at,
            code=fault.code,
            desc=fault.desc,
            sock=fault.sock,
            cause=fault.cause,
            dyno=backend.dyno if backend is not None else "",
            life=backend.life if backend is not None else "",
            connect_ms=self.connect_ms if backend is not None else None,
            service_ms=int((now - self.sent_at) * 1000) if sent else None,
            status=fault.status or self.status,
            bytes=self.bytes if sent else None,
        )


_FINE = Fault("", "", status=0, at="info")
