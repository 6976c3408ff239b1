"""A port of the router: taken first, opened later."""

import asyncio
import socket
from collections.abc import Callable

from minipaas.router.route import AppRoute

#: Clients that may wait for the loop, or for the door to open.
BACKLOG = 1024


class Door:
    """Where clients come in. `find` tells which app a host means there; None where it means none."""

    def __init__(self, listener: socket.socket, find: Callable[[str], AppRoute | None]) -> None:
        self.find = find
        self.port: int = listener.getsockname()[1]
        #: For X-Forwarded-Port.
        self.port_bytes = str(self.port).encode()
        self._listener = listener
        # The loop itself holds a server weakly only (uvloop closes one that is collected).
        self._server: asyncio.Server | None = None

    async def open(self, connection: Callable[["Door"], asyncio.Protocol]) -> None:
        """Let clients in, those that wait and those to come; `connection` makes what talks to one."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: connection(self), sock=self._listener, backlog=BACKLOG
        )

    def close(self) -> None:
        """Let nobody in any more; connections there are go on."""
        if self._server is not None:
            self._server.close()
        else:
            self._listener.close()
