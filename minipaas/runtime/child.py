"""A child process of the platform on the loop: told when it ends, read until it has said what it has to say.

asyncio's own subprocesses are not used: Python 3.11 gives each a waiting thread, and a dyno's pipe is read
differently (output.py).
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable

#: A word from the sandbox's set-up is never longer.
_WORD_BYTES = 4096


def when_ended(child: subprocess.Popen[bytes], act: Callable[[], None]) -> None:
    """Call `act` on the loop once the child has been reaped; `returncode` is set by then."""
    loop = asyncio.get_running_loop()
    if not hasattr(os, "pidfd_open"):
        _wait_in_thread(loop, child, act)
        return
    fd = os.pidfd_open(child.pid)

    def ended() -> None:
        loop.remove_reader(fd)
        os.close(fd)
        child.wait()
        act()

    loop.add_reader(fd, ended)


def _wait_in_thread(loop: asyncio.AbstractEventLoop, child: subprocess.Popen[bytes], act: Callable[[], None]) -> None:
    def wait() -> None:
        child.wait()
        if not loop.is_closed():
            loop.call_soon_threadsafe(act)

    threading.Thread(target=wait, name=f"wait for {child.pid}", daemon=True).start()


async def read_word(fd: int, whole: Callable[[bytes], bool]) -> bytes:
    """Read a pipe until `whole` likes what came, or to its end; the caller closes it."""
    os.set_blocking(fd, False)
    loop = asyncio.get_running_loop()
    came = bytearray()
    done: asyncio.Future[None] = loop.create_future()

    def readable() -> None:
        data = os.read(fd, _WORD_BYTES)
        came.extend(data)
        if (not data or whole(bytes(came))) and not done.done():
            done.set_result(None)

    loop.add_reader(fd, readable)
    try:
        await done
    finally:
        loop.remove_reader(fd)
    return bytes(came)


def exit_status(returncode: int) -> int:
    """Python's negative signal number to the shell's 128 + signal, as Heroku prints it."""
    return returncode if returncode >= 0 else 128 - returncode
