"""$PORT: a free one, drawn anew at each start of a dyno."""

import random
import socket
from contextlib import suppress
from pathlib import Path

from minipaas.errors import DynoProblem
from minipaas.limits import PORT_RANGE

_DRAWS = 200


class Ports:
    """Hands out ports of PORT_RANGE that nobody has.

    The range the kernel takes the near end of outgoing connections from is left out: the router's own connection
    could otherwise sit on a dyno's port in the moment before the app binds it.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[int] = set()
        self._range = _outside_ephemeral(PORT_RANGE)

    def take(self) -> int:
        """A port that can be bound now on every address; it is kept until `give_back`.

        Raises:
            DynoProblem: no free port was found.
        """
        for _ in range(_DRAWS):
            port = self._rng.randint(*self._range)
            if port not in self._taken and _bindable(port):
                self._taken.add(port)
                return port
        low, high = self._range
        raise DynoProblem(f"cannot find a free port between {low} and {high}", "end some programs that listen there")

    def give_back(self, port: int) -> None:
        """The dyno that had it is gone."""
        self._taken.discard(port)


def _outside_ephemeral(wanted: tuple[int, int]) -> tuple[int, int]:
    low, high = wanted
    with suppress(OSError, ValueError):
        words = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        first, last = int(words[0]), int(words[1])
        if first - low >= high - last and first - low > _DRAWS:
            return low, first - 1
        if high - last > _DRAWS:
            return last + 1, high
    return wanted


def _bindable(port: int) -> bool:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("", port))
    except OSError:
        return False
    return True
