"""doctor."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from minipaas.addons.search import Programs
from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import home, json_option
from minipaas.errors import MinipaasError, Missing
from minipaas.runtime.choose import choose
from minipaas.store.home import Home

#: Program, what it is for, what to install.
PROGRAMS = (
    ("bash", "every dyno's command", "apt-get install bash"),
    ("git", "sources in a git work tree, buildpacks by URL", "apt-get install git"),
    ("node", "the nodejs buildpack", "apt-get install nodejs npm"),
    ("npm", "the nodejs buildpack", "apt-get install npm"),
    ("uv", "apps with a uv.lock (else it is installed for the build)", "pip install uv"),
    ("docker", "the docker runtime", "apt-get install docker.io"),
)


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that is there or not. `hint` says what to do about it."""

    name: str
    ok: bool
    found: str
    hint: str = ""


@click.command(epilog=example("minipaas doctor", "minipaas doctor --json"))
@json_option
def doctor(as_json: bool) -> None:
    """Say what this machine offers and what to install for more."""
    found = [_python(), *_runtimes(), *_programs(), *_servers(), _home()]
    if as_json:
        output.as_json([asdict(each) for each in found])
        return
    for each in found:
        output.data(f"[{'ok' if each.ok else '--'}] {each.name:<18} {each.found}")
        if each.hint:
            output.data(f"{'':24}{each.hint}")


def _python() -> Examined:
    return Examined("python", ok=True, found=f"{sys.version.split()[0]} at {sys.executable}")


def _runtimes() -> Iterator[Examined]:
    for wanted in ("sandbox", "process", "docker", "swarm"):
        yield asyncio.run(_runtime(wanted))


async def _runtime(wanted: str) -> Examined:
    with tempfile.TemporaryDirectory(prefix="minipaas-doctor-") as folder:
        place = Home(Path(folder))
        place.prepare()
        try:
            runtime, can = await choose(wanted, place, fetch=False)
        except MinipaasError as error:
            return Examined(f"runtime {wanted}", ok=False, found=error.message, hint=error.hint or "")
        await runtime.close()
    given = [word for word, has in _gifts(asdict(can)) if has]
    return Examined(
        f"runtime {wanted}",
        ok=True,
        found=f"works: {', '.join(given) or 'plain processes'}",
        hint=f"without: {'; '.join(can.lost)}" if can.lost else "",
    )


def _gifts(can: dict[str, object]) -> Iterator[tuple[str, bool]]:
    yield "a file system of its own for each dyno", bool(can["private_files"])
    yield "private /tmp", bool(can["private_tmp"])
    yield "private processes", bool(can["private_processes"])
    yield "read-only stack", bool(can["read_only_stack"])
    yield "memory limit", bool(can["memory_limit"])
    yield "process limit", bool(can["process_limit"])


def _programs() -> Iterator[Examined]:
    for program, use, install in PROGRAMS:
        path = shutil.which(program)
        if path:
            yield Examined(program, ok=True, found=path)
        else:
            yield Examined(program, ok=False, found=f"not found; for {use}", hint=install)


def _servers() -> Iterator[Examined]:
    programs = Programs()
    looks: dict[str, Callable[[], Path]] = {
        "postgresql": lambda: programs.postgres().postgres,
        "redis": lambda: programs.redis().server,
        "bucket": lambda: programs.bucket().site / "nanio",
    }
    for service, find in looks.items():
        try:
            yield Examined(f"add-on {service}", ok=True, found=str(find()))
        except Missing as error:
            yield Examined(f"add-on {service}", ok=False, found=error.message, hint=error.hint or "")


def _home() -> Examined:
    place = home()
    try:
        place.prepare()
        free = shutil.disk_usage(place.root).free
    except MinipaasError as error:
        return Examined("state folder", ok=False, found=error.message, hint=error.hint or "")
    return Examined("state folder", ok=True, found=f"{place.root} ({free // 10**9} GB free)")
