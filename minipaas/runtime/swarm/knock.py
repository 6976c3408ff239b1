"""Waiting for a web dyno on another machine to bind $PORT: nothing tells but a connection."""

import asyncio
from contextlib import suppress

from minipaas.clock import Clock

_FIRST_S = 0.02
_LAST_S = 0.25
_SHARE = 0.1
_KNOCK_S = 2.0


class KnockWatch:
    """As `runtime/portwatch.py`'s PortWatch, for hosts with sockets that cannot be listed from here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def bound(self, port: int, address: str) -> str:
        """Wait until a connection to `address`:`port` is taken; waits for ever, put a timeout around it.

        A port that a container engine has published answers before the app binds where its own proxy listens. Such
        a connection is closed at once; one that the app took stays open.
        """
        began = self._clock.monotonic()
        while not await _answers(address, port):
            waited = self._clock.monotonic() - began
            await self._clock.sleep(min(max(_FIRST_S, waited * _SHARE), _LAST_S))
        return address


async def _answers(address: str, port: int) -> bool:
    writer = None
    try:
        async with asyncio.timeout(_KNOCK_S):
            reader, writer = await asyncio.open_connection(address, port)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_S):
                return bool(await reader.read(1))
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
    return True
