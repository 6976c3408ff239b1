"""The simulated hosts of this machine."""

import socket
import string
from pathlib import Path

from minipaas.runtime.base import Host


def make_hosts(count: int, area: Path) -> tuple[Host, ...]:
    """Hosts a, b, c, ...: each with an address of its own where the machine has one, and a folder in `area`."""
    return tuple(Host(_name(index), _address(index), area / _name(index)) for index in range(count))


def _name(index: int) -> str:
    """a to z, then aa, ab, ... as columns of a spreadsheet are named."""
    letters = string.ascii_lowercase
    rest, last = divmod(index, len(letters))
    return (_name(rest - 1) if rest else "") + letters[last]


def _address(index: int) -> str:
    """All of 127.0.0.0/8 is there on Linux; elsewhere only 127.0.0.1 until somebody adds aliases."""
    address = f"127.0.{1 + index // 254}.{1 + index % 254}"
    try:
        with socket.socket() as probe:
            probe.bind((address, 0))
    except OSError:
        return "127.0.0.1"
    return address
