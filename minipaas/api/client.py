"""The command line's way into a running platform: HTTP over its Unix socket."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

from minipaas.api.address import socket_path
from minipaas.errors import InternalError, MinipaasError, NotFound, PlatformDown, UsageProblem
from minipaas.store.home import Home, HomeLock

_KINDS: dict[str, type[MinipaasError]] = {
    kind.api_id: kind for kind in (NotFound, UsageProblem, InternalError, MinipaasError)
}
_OK = range(200, 300)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, home: Home) -> None:
        super().__init__("localhost")
        self._home = home

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with socket_path(self._home) as path:
            self.sock.connect(path)


class Client:
    """Calls of the control API; each opens a connection of its own."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def get(self, path: str) -> Any:
        """The JSON at `path`. Raises as `call`."""
        return self.call("GET", path)

    def call(self, method: str, path: str, value: Any = None) -> Any:
        """Send, and return the JSON that comes back.

        Raises:
            PlatformDown: nothing answers on this home, or not yet.
            MinipaasError: what the platform answered, of the kind it had there.
        """
        with self._ask(method, path, value) as answer:
            return json.loads(answer.read() or b"null")

    def stream(self, path: str) -> Iterator[bytes]:
        """The lines of a streamed answer as they come, each with its newline. Raises as `call`."""
        with self._ask("GET", path, None) as answer:
            try:
                yield from answer
            except (http.client.IncompleteRead, ConnectionError):
                return

    def _ask(self, method: str, path: str, value: Any) -> http.client.HTTPResponse:
        connection = _UnixConnection(self._home)
        payload = None if value is None else json.dumps(value)
        try:
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
        except (FileNotFoundError, ConnectionError) as error:
            raise self._no_answer() from error
        if answer.status in _OK:
            return answer
        raise _problem(answer)

    def _no_answer(self) -> PlatformDown:
        pid = HomeLock(self._home).holder()
        if pid is None:
            return PlatformDown(f"no platform runs on {self._home.root}", "`minipaas up` starts one")
        return PlatformDown(
            f"the platform on {self._home.root} (pid {pid}) does not answer yet: it is building, or its dynos boot",
            "try again in a moment; `minipaas down` stops it",
        )


def _problem(answer: http.client.HTTPResponse) -> MinipaasError:
    raw = answer.read()
    try:
        told = json.loads(raw)
        kind = _KINDS.get(told["id"], MinipaasError)
        return kind(told["message"], told.get("hint"))
    except (ValueError, KeyError, TypeError):
        return InternalError(f"the platform answered {answer.status}: {raw[:200]!r}")
