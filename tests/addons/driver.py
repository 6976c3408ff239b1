"""A platform in small, to be killed: `python -m tests.addons.driver HOME TEMPLATES` starts an app's add-ons, prints
the pids of their processes as one JSON line, and waits for ever.
"""

import asyncio
import json
import os
import random
import sys
from pathlib import Path

from minipaas.addons.cover import Cover, as_nobody, as_user, find_cover
from minipaas.addons.provider import Addons
from minipaas.clock import SystemClock
from minipaas.model.app import AddonWish
from minipaas.runtime import proc


def loose() -> Cover:
    """A server that the kernel does not end with its platform."""
    if os.geteuid() != 0:
        return Cover()
    words = as_nobody().words
    return Cover((*words[: words.index("--pdeathsig")], "--"), owner=as_nobody().owner)


COVERS = {"found": find_cover, "nobody": as_nobody, "plain": as_user, "loose": loose}


async def main(home: str, templates: str, cover: str) -> None:
    addons = Addons(
        Path(home),
        SystemClock(),
        random.Random(),
        lambda _app, _process: lambda _piece: None,
        durable=False,
        templates=Path(templates),
        cover=COVERS[cover](),
    )
    await addons.sweep()
    await addons.provision("notes", [AddonWish("postgres"), AddonWish("redis")])
    await addons.start("notes")
    servers = [addons.server("notes", name) for name in ("DATABASE", "REDIS")]
    pids = [pid for server in servers for pid in (server.pid, *proc.tree(server.pid or 0))]
    while (warden := addons._servers._traces._warden.pid) is None:
        await asyncio.sleep(0.01)
    print(json.dumps({"pids": pids, "config": addons.config("notes"), "warden": warden}), flush=True)
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
