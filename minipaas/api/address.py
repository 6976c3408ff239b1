"""The Unix sockets of a home, which works in a folder whose path is longer than a socket's may be too."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minipaas.errors import StoreProblem
from minipaas.store.home import Home

#: sun_path holds 108 bytes on Linux, 104 on macOS, one of them the final NUL.
SUN_PATH_BYTES = 100


@contextmanager
def socket_path(home: Home, wanted: Path | None = None) -> Iterator[str]:
    """A path that fits, of the control socket or another of the home's; good inside the block."""
    place = wanted or home.socket
    path = str(place)
    if len(os.fsencode(path)) <= SUN_PATH_BYTES:
        yield path
        return
    folder = os.open(home.root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{place.name}"
    finally:
        os.close(folder)


def bound_unix(home: Home, wanted: Path | None = None) -> socket.socket:
    """A socket bound there with mode 0600; what an earlier platform left is replaced (the home's lock is held).

    Raises:
        StoreProblem: it cannot be bound.
    """
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with socket_path(home, wanted) as path:
            Path(path).unlink(missing_ok=True)
            bound.bind(path)
            Path(path).chmod(0o600)
    except OSError as error:
        bound.close()
        raise StoreProblem(f"cannot make the control socket {wanted or home.socket}: {error.strerror}") from error
    return bound
