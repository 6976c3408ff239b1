"""A web dyno that serves on another port than $PORT: known before the boot timeout, never of one that is slow."""

import asyncio
from collections.abc import Callable, Sequence

import httpx

from minipaas.clock import Clock
from minipaas.runtime.base import Listener

#: It has to listen there so long, and to wait for requests meanwhile.
_LONG_ENOUGH_S = 10.0
_LOOK_S = 0.5
#: Most apps are up by then, and are not looked at.
_FIRST_S = 2.0
#: More CPU time than this in that time is a boot that goes on.
_IDLE_S = 0.5
_ANSWERS_S = 3.0


async def serves_elsewhere(
    listeners: Callable[[], Sequence[Listener]], cpu_seconds: Callable[[], float], own: str, clock: Clock
) -> Sequence[Listener]:
    """Wait until it is certain that a dyno has chosen another port; waits for ever otherwise.

    Certain is: the same socket has been listening for ten seconds, all processes were idle meanwhile, and its front
    page is a page. A port for metrics or for a debugger, beside a slow boot, is none of that.

    Args:
        own: the address of the dyno's host.
    """
    await clock.sleep(_FIRST_S)
    while True:
        before = _known(listeners())
        if before and await _stays(before, listeners, cpu_seconds, clock):
            for each in listeners():
                if (each.address, each.port) in before and await _is_a_site(each, own):
                    return listeners()
        await clock.sleep(_LOOK_S)


def _known(found: Sequence[Listener]) -> frozenset[tuple[str, int]]:
    return frozenset((each.address, each.port) for each in found)


async def _stays(
    before: frozenset[tuple[str, int]],
    listeners: Callable[[], Sequence[Listener]],
    cpu_seconds: Callable[[], float],
    clock: Clock,
) -> bool:
    began, used = clock.monotonic(), cpu_seconds()
    while clock.monotonic() - began < _LONG_ENOUGH_S:
        await clock.sleep(_LOOK_S)
        if not before & _known(listeners()) or cpu_seconds() - used > _IDLE_S:
            return False
    return True


async def _is_a_site(listener: Listener, own: str) -> bool:
    """Whether its front page is one."""
    address = own if listener.address in ("0.0.0.0", "::", "*") else listener.address
    where = f"[{address}]" if ":" in address else address
    try:
        async with (
            asyncio.timeout(_ANSWERS_S),
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", f"http://{where}:{listener.port}/", headers={"Host": "localhost"}) as response,
        ):
            return response.status_code < 400
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return False
