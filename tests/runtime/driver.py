"""A platform in small, to be killed: `python -m tests.runtime.driver KIND HOME COMMAND...` starts a dyno for each
command, prints one JSON line when all have said `ready` and the warden runs, and waits for ever.
"""

import asyncio
import json
import sys
from pathlib import Path

from minipaas.runtime.choose import choose
from minipaas.store.home import Home
from tests.runtime.place import Place, eventually


async def main(kind: str, root: str, *commands: str) -> None:
    home = Home(Path(root))
    home.prepare()
    runtime, _ = await choose(kind, home)
    swept = await runtime.sweep()
    place = Place(home.root, runtime)
    dynos = []
    for command in commands:
        process, said = await place.start(command)
        await said.until(b"ready")
        dynos.append({"pid": process.pid, "pids": process.pids()})
    warden = runtime._traces._warden  # type: ignore[attr-defined]
    await eventually(lambda: warden.pid or not commands)
    print(json.dumps({"swept": swept, "dynos": dynos, "warden": warden.pid}), flush=True)
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
