"""Work that must end before anybody may tidy up after it."""

import asyncio
import threading

import pytest

from minipaas.build.unbroken import in_thread, unbroken


async def test_the_result_and_the_exception_come_through() -> None:
    def fail() -> None:
        raise ValueError("no")

    assert await in_thread(lambda: 7) == 7
    with pytest.raises(ValueError, match="no"):
        await in_thread(fail)


async def test_a_cancelled_wait_ends_only_when_the_thread_has_ended() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def act() -> None:
        begun.set()
        may_end.wait(10)
        ended.append(True)

    task = asyncio.ensure_future(in_thread(act))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_what_failed_meanwhile_is_not_told_twice() -> None:
    loop = asyncio.get_running_loop()
    told: list[object] = []
    loop.set_exception_handler(lambda _loop, context: told.append(context))
    failing: asyncio.Future[None] = loop.create_future()
    task = asyncio.ensure_future(unbroken(failing))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    failing.set_exception(ValueError("no"))
    with pytest.raises(asyncio.CancelledError):
        await task
    del failing, task
    await asyncio.sleep(0)
    assert told == []
