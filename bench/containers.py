"""Dynos as containers beside dynos in the sandbox: start, restart, end, and thirty at a time.

    python -m bench.containers [--rounds 15] [--dynos 30]

Measured below the platform, at the runtime: from the call until the command has printed a line. The engine is the
bench's own, and so is the stack: this machine's programs in one image. A restart is an end and a start of one slug.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.engine import CannotRunError, engine
from bench.platform import scratch
from bench.table import heading, ms, table
from minipaas.runtime.base import DynoProcess, Host, Launch, Runtime
from minipaas.runtime.choose import choose
from minipaas.store.home import Home
from tests.runtime.docker.dockerd import pack_stack

_COMMAND = "echo ready; exec sleep 600"


@dataclass(slots=True)
class Samples:
    """Seconds."""

    starts: list[float] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    together: float = 0.0


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=15)
    words.add_argument("--dynos", type=int, default=30)
    chosen = words.parse_args()
    print(heading(f"python -m bench.containers --rounds {chosen.rounds} --dynos {chosen.dynos}"), end="\n\n")
    try:
        with scratch() as folder, engine_with_stack(folder) as host:
            os.environ["DOCKER_HOST"] = host
            found = {kind: asyncio.run(measure(kind, folder / kind, chosen)) for kind in ("docker", "sandbox")}
    except CannotRunError as problem:
        print(table(("runtime", "result"), [("docker", f"cannot run here: {problem}")]))
        return
    head = ("runtime", "start, ms", "restart, ms", "end, ms", f"{chosen.dynos} at once, s", "start / sandbox")
    base = statistics.median(found["sandbox"].starts)
    print(table(head, (row(kind, each, base) for kind, each in found.items())))


def row(kind: str, found: Samples, base: float) -> tuple[str, ...]:
    """One line of the table."""
    times = f"{statistics.median(found.starts) / base:.1f}"
    return kind, ms(found.starts), ms(found.restarts), ms(found.ends), f"{found.together:.2f}", times


@contextmanager
def engine_with_stack(folder: Path) -> Iterator[str]:
    """An engine that has the stack `local`; its DOCKER_HOST. In a short folder: a socket's path has 107 letters."""
    with tempfile.TemporaryDirectory(prefix="mp-bench-") as short, engine(Path(short) / "e") as made:
        made.docker("import", str(pack_stack(folder / "stack.tar")), "minipaas/stack:local")
        yield f"unix://{made.socket}"


async def measure(kind: str, folder: Path, chosen: argparse.Namespace) -> Samples:
    """All of it on one runtime."""
    home, slug = Home(folder / "home"), folder / "slug"
    home.prepare()
    slug.mkdir()
    (slug / "file").write_text("a slug\n")
    runtime, _ = await choose(kind, home, "local")
    host = Host("a", "127.0.0.1", home.hosts / "a")
    found = Samples()
    try:
        await end(await start(runtime, host, slug))  # the image is made
        for _ in range(chosen.rounds):
            begun = time.perf_counter()
            dyno = await start(runtime, host, slug)
            found.starts.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            await end(dyno)
            found.ends.append(time.perf_counter() - begun)
            dyno = await start(runtime, host, slug)
            found.restarts.append(time.perf_counter() - begun)
            await end(dyno)
        begun = time.perf_counter()
        dynos = await asyncio.gather(*(start(runtime, host, slug) for _ in range(chosen.dynos)))
        found.together = time.perf_counter() - begun
        await asyncio.gather(*map(end, dynos))
    finally:
        await runtime.close()
    return found


async def start(runtime: Runtime, host: Host, slug: Path) -> DynoProcess:
    """Until its command has said that it runs."""
    ready = asyncio.Event()
    launch = Launch(
        id=str(uuid.uuid4()), host=host, command=_COMMAND, env={}, slug=slug, output=lambda data: data and ready.set()
    )
    dyno = await runtime.start(launch)
    await ready.wait()
    return dyno


async def end(dyno: DynoProcess) -> None:
    """SIGTERM, and its disk is gone."""
    dyno.terminate()
    await dyno.wait()
    dyno.discard()


if __name__ == "__main__":
    main()
