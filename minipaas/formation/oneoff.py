"""A dyno outside the formation: runs one command to its end and is never restarted."""

import asyncio
import uuid

from minipaas.formation import words
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run
from minipaas.model.dyno import DEFAULT_SIZE, DynoName, Exit
from minipaas.runtime.base import DynoProcess, Launch, Output


async def run_once(
    kit: Kit, cells: Cells, name: DynoName, command: str, run: Run, limit_s: float, copy: Output = lambda _data: None
) -> Exit:
    """Run `command` in a dyno of this release until it ends, its output in the app's log.

    Args:
        limit_s: after that long it is killed (the release phase has an hour, DC:release-phase).
        copy: gets the output too.

    Raises:
        DynoProblem: it cannot be launched.
    """
    host = cells.place()
    port = kit.ports.take()
    process: DynoProcess | None = None
    log = kit.log.stream(str(name))

    def both(data: bytes) -> None:
        log(data)
        copy(data)

    try:
        kit.say(name, words.starting(command, port))
        process = await kit.runtime.start(
            Launch(
                id=(life := str(uuid.UUID(int=kit.rng.getrandbits(128), version=4))),
                host=host,
                command=command,
                env=words.environment(run.config, name, port),
                slug=run.slug,
                size=DEFAULT_SIZE,
                hostname=life,
                output=both,
            )
        )
        kit.say(name, "State changed from starting to up")
        return await _until_ended(kit, name, process, limit_s)
    finally:
        if process is not None:
            await asyncio.shield(_clear(process))
        kit.ports.give_back(port)
        cells.leave(host)


async def _until_ended(kit: Kit, name: DynoName, process: DynoProcess, limit_s: float) -> Exit:
    overdue = kit.clock.call_later(limit_s, process.kill)
    exit_ = await process.wait()
    overdue.cancel()
    kit.say(name, words.exited(exit_.status))
    kit.say(name, "State changed from up to complete")
    return exit_


async def _clear(process: DynoProcess) -> None:
    process.kill()
    await process.wait()
    process.discard()
