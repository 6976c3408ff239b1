"""The head a dyno gets: the client's own lines, then what Heroku's router adds (vegur_proxy_middleware)."""

from minipaas.router.head import Fields, RequestLine


def forwarded(peer: bytes, port: bytes, *, https: bool = False) -> bytes:
    """The lines that say who asked, for a client without an X-Forwarded-For of its own; `port` is ours.

    With `https` the app is told what it hears on Heroku, where clients come by TLS.
    """
    proto, port = (b"https", b"443") if https else (b"http", port)
    return b"X-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Port: %b\r\n" % (peer, proto, port)


def forwarded_again(earlier: str, plain: bytes) -> bytes:
    """`plain` (as from `forwarded`) with the client's own X-Forwarded-For to the left of its address."""
    name, _, rest = plain.partition(b": ")
    return b"%b: %b, %b" % (name, earlier.encode("latin-1"), rest)


def request_head(line: RequestLine, fields: Fields, hop: bytes, request_id: str, started_at: float) -> bytes:
    """The whole head for the dyno; `hop` as from `forwarded`, `started_at` in seconds since the epoch."""
    if fields.request_id:
        tail = b"X-Request-Start: %d\r\n\r\n" % (started_at * 1000)
    else:
        tail = b"X-Request-ID: %b\r\nX-Request-Start: %d\r\n\r\n" % (request_id.encode(), started_at * 1000)
    return b"".join((line.wire, fields.kept, hop, tail))


def logged_chain(earlier: str, peer: str) -> str:
    """`fwd` of the log line: every address, joined by a comma alone."""
    return ",".join(part.strip() for part in (*earlier.split(","), peer))
