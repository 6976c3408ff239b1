"""Work that must end before anybody may tidy up after it: a thread at its files, a process being killed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def unbroken(work: Awaitable[T]) -> T:
    """Wait for the end even when cancelled meanwhile, once or often; the cancellation is raised then."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                continue
        if not task.cancelled():
            task.exception()  # told by the cancellation instead
        raise


async def in_thread(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Blocking file work off the loop; a thread cannot be cancelled, so it is waited for."""
    return await unbroken(asyncio.to_thread(act, *args, **kwargs))
