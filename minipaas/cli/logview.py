"""Chunks of logs as people and programs read them: Heroku's line format, colours, JSON lines.

An app's bytes are never touched, on a terminal neither: what an app prints is what you see.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable

from minipaas.model.logline import LogChunk, Source, prefix, timestamp

#: Makes bytes of one app's chunk; each line ends in a newline.
View = Callable[[str, LogChunk], bytes]

# Cyan, yellow, green, magenta, blue, and the bright five: red is for errors, white and black may not show.
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_GREY, _BOLD = "90", "1;"
_RESET = b"\x1b[0m"
#: How the router and the platform begin a line about a failure.
_FAILURE = rb"(?m)^(?:at=error |Error [A-Z]\d\d[ :])[^\n]*"
_IN_RED = b"\x1b[31m\\g<0>" + _RESET


class TextView:
    """`TIME SOURCE[PROCESS]: MESSAGE`, as `heroku logs` prints it.

    With colours, each process type has its own, in order of appearance; the platform's lines have a bold head, the
    router's a grey one, and a line with an error code is red. As soon as there are two apps, the app's
    name stands in front; name those that are known at the start in `apps`.
    """

    def __init__(self, *, colour: bool = False, apps: Iterable[str] = ()) -> None:
        self._colour = colour
        self._apps: dict[str, None] = dict.fromkeys(apps)
        self._width = max(map(len, self._apps), default=0)
        self._types: dict[tuple[str, str], int] = {}

    def __call__(self, app: str, chunk: LogChunk) -> bytes:
        """The chunk's lines, each with its head."""
        head = self._column(app) + prefix(chunk.time, chunk.source, chunk.process)
        data = chunk.data
        if self._colour:
            head = b"\x1b[0;%bm%b%b " % (self._paint(app, chunk), head[:-1], _RESET)
            if chunk.source is Source.HEROKU:
                data = re.sub(_FAILURE, _IN_RED, data)
        if chunk.count == 1:
            return head + data
        return head + data[:-1].replace(b"\n", b"\n" + head) + b"\n"

    def _column(self, app: str) -> bytes:
        if app not in self._apps:
            self._apps[app] = None
            self._width = max(self._width, len(app))
        return f"{app:<{self._width}} | ".encode() if len(self._apps) > 1 else b""

    def _paint(self, app: str, chunk: LogChunk) -> bytes:
        if chunk.source is Source.HEROKU and chunk.process == "router":
            return _GREY.encode()
        kind = chunk.process.partition(".")[0]
        place = self._types.setdefault((app, kind), len(self._types))
        weight = _BOLD if chunk.source is Source.HEROKU else ""
        return f"{weight}{_COLOURS[place % len(_COLOURS)]}".encode()


def json_view(app: str, chunk: LogChunk) -> bytes:
    """One JSON object a line: app, time, source, process, message.

    Bytes that are no UTF-8 show as U+FFFD in `message`, and `message_base64` has the line as it was.
    """
    origin = {"app": app, "time": timestamp(chunk.time), "source": chunk.source, "process": chunk.process}
    head = json.dumps(origin, ensure_ascii=False)[:-1]
    # Of UTF-8, json leaves no control character and no newline unescaped.
    lines = chunk.data[:-1].split(b"\n")
    return "".join([f"{head}, {_message(line)}}}\n" for line in lines]).encode(errors="replace")


def _message(line: bytes) -> str:
    try:
        return f'"message": {json.dumps(line.decode(), ensure_ascii=False)}'
    except UnicodeDecodeError:
        shown = json.dumps(line.decode(errors="replace"), ensure_ascii=False)
        return f'"message": {shown}, "message_base64": "{base64.b64encode(line).decode()}"'
