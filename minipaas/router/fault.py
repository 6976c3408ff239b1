"""Heroku's H codes: what each says in the log line, to the client, and on which page (DC:error-codes)."""

from dataclasses import replace
from enum import StrEnum

from minipaas.frozen import frozen


class Page(StrEnum):
    """The three pages the router shows, and the plain answer it gives to a faulty request."""

    ERROR = "application-error"
    NO_APP = "no-such-app"
    MAINTENANCE = "maintenance-mode"
    PLAIN = "plain"


@frozen
class Fault:
    """Why a request did not end well. `status` is what the log says; 499 is never sent."""

    code: str
    desc: str
    status: int = 503
    at: str = "error"
    page: Page = Page.ERROR
    sock: str = ""
    cause: str = ""


H10 = Fault("H10", "App crashed")
H11 = Fault("H11", "Backlog too deep")
H12 = Fault("H12", "Request timeout")
H13 = Fault("H13", "Connection closed without response")
H14 = Fault("H14", "No web processes running")
H15 = Fault("H15", "Idle connection")
H17 = Fault("H17", "Poorly formatted HTTP response")
H18 = Fault("H18", "Server Request Interrupted", sock="backend")
H19 = Fault("H19", "Backend connection timeout")
H20 = Fault("H20", "App boot timeout")
H21 = Fault("H21", "Backend connection refused")
H24 = Fault("H24", "Forced close")
H25_LENGTH = Fault("H25", "HTTP restriction: invalid content length", status=502)
H25_COOKIE = Fault("H25", "HTTP restriction: oversized cookie", status=502)
H25_HEADER = Fault("H25", "HTTP restriction: oversized header", status=502)
H25_STATUS = Fault("H25", "HTTP restriction: oversized status line", status=502)
H26 = Fault("H26", "Request Error", status=400, page=Page.PLAIN)
H27 = Fault("H27", "Client Request Interrupted", status=499, at="warning", sock="client")
H28 = Fault("H28", "Client Connection Idle", status=499, at="warning")
H80 = Fault("H80", "Maintenance mode", at="info", page=Page.MAINTENANCE)
H81 = Fault("H81", "Blank app", at="info")
H99 = Fault("H99", "Platform error")
#: No code of Heroku's: its router logs nothing for an app it does not know. `app` is empty in the record.
NO_APP = Fault("", "", status=404, at="info", page=Page.NO_APP)


def bad_request(status: int, cause: str) -> Fault:
    """H26 for a request the router refuses to pass on; `cause` as in `head.HeadRefused`."""
    return replace(H26, status=status, cause=cause)


BAD_CHUNK = bad_request(400, "bad chunk")
