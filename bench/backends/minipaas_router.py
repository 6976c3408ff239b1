"""Our router alone, as the platform runs it. Arguments: PORT LOG DYNO_PORT ADDRESS..."""

import asyncio
import gc
import random
import signal
import sys
from pathlib import Path

import uvloop

from minipaas.clock import SystemClock
from minipaas.limits import Limits
from minipaas.model.dyno import DynoState
from minipaas.router.logline import lines
from minipaas.router.router import Router
from minipaas.router.slot import Backend


async def serve(port: int, log: str, dyno_port: int, addresses: list[str]) -> None:
    """Route everything on `port` to one app with a dyno at each address, a log line for each request."""
    with Path(log).open("wb", buffering=65536) as out:
        router = Router(
            limits=Limits(),
            clock=SystemClock(),
            on_records=lambda records: (out.write(lines(records)), None)[1],
            rng=random.Random(1),
        )
        route = router.add_app("bench")
        route.set_dynos({f"web.{number}": DynoState.UP for number, _ in enumerate(addresses, 1)})
        for number, address in enumerate(addresses, 1):
            route.add(Backend(f"web.{number}", f"life-{number}", address, dyno_port))
        await router.listen_app("bench", "127.0.0.1", port)
        await router.open()
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        await ended.wait()
        await router.close(0.5)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
