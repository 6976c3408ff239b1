"""Which TCP sockets of this machine are in state LISTEN.

Linux answers by a sock_diag dump of the listening table alone: 40 microseconds, where `/proc/net/tcp` takes 3 ms
because it walks every connection too. Where that is refused `/proc/net/tcp` is read, and psutil off Linux.
"""

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from minipaas.runtime import proc
from minipaas.runtime.base import Listener

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_LISTEN = 10
#: Header of a netlink message; the part of inet_diag_msg we read: family, state, source port, address, inode.
_HEADER = struct.Struct("=IHHII")
_INODE_AT = 68
#: The attribute that tells of IPV6_V6ONLY.
_SKV6ONLY = 11


@dataclass(frozen=True, slots=True)
class Listening:
    """One socket in state LISTEN; `inode` ties it to the process that holds it, 0 where not known."""

    address: str
    port: int
    inode: int = 0
    #: A socket on `::` that takes no IPv4 connections.
    only_v6: bool = False

    def reached_from(self, address: str) -> bool:
        """Does a connection to this IPv4 address arrive here?"""
        everywhere = self.address == "0.0.0.0" or (self.address == "::" and not self.only_v6)
        return everywhere or self.address in (address, f"::ffff:{address}")


def listening() -> list[Listening]:
    """All of them, IPv4 and IPv6."""
    if not proc.HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return [Listening(one.address, one.port) for one in foreign.listeners(foreign.pids())]
    try:
        return [*_by_diag(socket.AF_INET), *_by_diag(socket.AF_INET6)]
    except OSError:
        return list(_by_proc())


def listeners_of(pids: Iterable[int], network_of: int | None = None) -> list[Listener]:
    """The listening sockets that these processes hold, each once, by port.

    Args:
        network_of: a process in their network, where that is not ours.
    """
    if not proc.HAS_PROC:
        from minipaas.runtime import foreign  # noqa: PLC0415

        return sorted(foreign.listeners(pids), key=lambda one: one.port)
    all_ = listening() if network_of is None else _by_proc(f"/proc/{network_of}/net")
    open_sockets = {one.inode: one for one in all_ if one.inode}
    found: dict[int, Listener] = {}
    for pid in pids:
        for inode in proc.socket_inodes(pid) & open_sockets.keys() - found.keys():
            one = open_sockets[inode]
            found[inode] = Listener(one.address, one.port, pid, proc.command_of(pid))
    return sorted(found.values(), key=lambda one: one.port)


def _by_diag(family: socket.AddressFamily) -> Iterator[Listening]:
    request = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, 1 << _LISTEN) + bytes(48)
    head = _HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as link:
        link.settimeout(1)
        link.send(head + request)
        while True:
            for kind, body in _messages(link.recv(65536)):
                if kind == _NLMSG_DONE:
                    return
                if kind == _NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0], "sock_diag refused")
                yield _diag_socket(body)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEADER.size <= len(data):
        size, kind, *_ = _HEADER.unpack_from(data, at)
        yield kind, data[at + _HEADER.size : at + size]
        at += max((size + 3) & ~3, _HEADER.size)


def _diag_socket(body: bytes) -> Listening:
    width = 4 if body[0] == socket.AF_INET else 16
    address = socket.inet_ntop(body[0], body[8 : 8 + width])
    inode = int.from_bytes(body[_INODE_AT : _INODE_AT + 4], sys.byteorder)
    return Listening(address, int.from_bytes(body[4:6], "big"), inode, _only_v6(body[_INODE_AT + 4 :]))


def _only_v6(attributes: bytes) -> bool:
    at = 0
    while at + 4 < len(attributes):
        size, kind = struct.unpack_from("=HH", attributes, at)
        if kind == _SKV6ONLY:
            return bool(attributes[at + 4])
        at += max((size + 3) & ~3, 4)
    return False


def _by_proc(folder: str = "/proc/net") -> Iterator[Listening]:
    for name in ("tcp", "tcp6"):
        with suppress(OSError), Path(folder, name).open() as lines:
            next(lines, None)
            for line in lines:
                words = line.split()
                if words[3] != "0A":  # listeners come first
                    break
                address, _, port = words[1].partition(":")
                yield Listening(_address_from_hex(address), int(port, 16), int(words[9]))


def _address_from_hex(text: str) -> str:
    """The kernel prints each four bytes of an address as one number in the machine's own order."""
    raw = bytes.fromhex(text)
    if sys.byteorder == "little":
        raw = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return str(ipaddress.ip_address(raw))
