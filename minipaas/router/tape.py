"""The bytes of one exchange as they passed, for a recording. Pure."""

#: Of a request's and of a response's body, this much is kept.
BODY_BYTES = 256 * 1024


class Tape:
    """The bytes of one exchange, bodies cut to `BODY_BYTES` and still framed as they passed.

    `fields` are the request's header lines, `head` the answer's head; `minor` is that of HTTP/1.x.
    """

    __slots__ = (
        "chunked_answer",
        "chunked_request",
        "fields",
        "head",
        "https",
        "length",
        "minor",
        "received_bytes",
        "request",
        "response",
    )

    def __init__(self, minor: int, fields: bytes, https: bool, chunked: bool, length: int) -> None:
        self.minor = minor
        self.fields = fields
        self.https = https
        self.chunked_request = chunked
        self.length = length
        self.request = bytearray()
        self.head = b""
        self.chunked_answer = False
        self.response = bytearray()
        self.received_bytes = 0

    def sent(self, data: bytes) -> None:
        """More of the request, and perhaps of the next one."""
        self.request += data[: BODY_BYTES - len(self.request)]

    def answered(self, head: bytes, *, chunked: bool, body: bytes) -> None:
        """The answer begins."""
        self.head = head
        self.chunked_answer = chunked
        self.more(body)

    def more(self, body: bytes) -> None:
        """More of the answer's body."""
        self.received_bytes += len(body)
        if len(self.response) < BODY_BYTES:
            self.response += body[: BODY_BYTES - len(self.response)]

    @property
    def size(self) -> int:
        """Bytes kept, more or less."""
        return 1024 + len(self.fields) + len(self.head) + len(self.request) + len(self.response)
