"""How long from asking for a restart until the new life answers, and how long the app's own boot takes."""

import http.client
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bench.peers import system_python
from bench.platform import users_environment
from bench.waiting import end, free_port, until_ok

#: The interpreter of the system: a shim before it on PATH costs 100 ms.
_PATH = f"{Path(system_python()).parent}:/usr/bin:/bin"
#: Give up when no new life has answered after this many seconds.
_LOST_S = 60.0


def own_boot(app: Path) -> float:
    """Seconds from starting the app's process to its first 200, with nothing around it."""
    port = free_port()
    begun = time.monotonic()
    process = subprocess.Popen(
        ["sh", "-c", "exec python3 server.py"],
        cwd=app,
        env={**users_environment(), "PATH": _PATH, "PORT": str(port), "BIND": "127.0.0.1"},
        start_new_session=True,
    )
    try:
        until_ok("127.0.0.1", port)
        return time.monotonic() - begun
    finally:
        end(process, signal.SIGKILL)


def restart(port: int, host: str, act: Callable[[], object]) -> float:
    """Seconds from asking until a life answers that did not before."""
    old = until_ok("127.0.0.1", port, host)
    begun = time.monotonic()
    act()
    while True:
        try:
            new = _body(port, host)
        except (OSError, http.client.HTTPException):
            new = b""
        if new and new != old:
            return time.monotonic() - begun
        if time.monotonic() - begun > _LOST_S:
            raise TimeoutError(f"no new life on port {port} after {_LOST_S:g} s")
        time.sleep(0.002)


def _body(port: int, host: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else b""
    finally:
        connection.close()
