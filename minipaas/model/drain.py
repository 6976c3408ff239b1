"""Where an app's log is sent to as it comes."""

from urllib.parse import urlsplit

from minipaas.errors import UsageProblem
from minipaas.frozen import frozen

SCHEMES = ("syslog", "syslog+tls", "http", "https")
_HINT = "syslog://host:514, syslog+tls://host:6514, https://user:password@host/path or http://…"


@frozen(kw_only=True)
class Drain:
    """One drain of an app. `token` is `d.` and a UUID: what a receiver of many apps tells them apart by."""

    id: str
    url: str
    token: str
    created_at: float

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        parts = urlsplit(self.url)
        if parts.password is None:
            return self.url
        return parts._replace(netloc=f"{parts.username}:…@{parts.netloc.rpartition('@')[2]}").geturl()


def check_url(url: str) -> str:
    """The URL, when something can be sent there.

    Raises:
        UsageProblem: another scheme, no host, no port where one is needed, or characters a URL has not.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageProblem(f"cannot drain to {url}: {error}", _HINT) from error
    if parts.scheme not in SCHEMES or not parts.hostname or not url.isprintable() or " " in url:
        raise UsageProblem(f"cannot drain to {url}: it is no URL of a drain", _HINT)
    if parts.scheme.startswith("syslog") and port is None:
        raise UsageProblem(f"cannot drain to {url}: a syslog drain needs a port", _HINT)
    return url
