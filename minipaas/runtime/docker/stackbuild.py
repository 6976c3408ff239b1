"""`stack build`: a Debian file system from this machine's own package mirror, made two images of an engine.

No registry is asked. mmdebstrap installs, in a folder of its own, what apt on this machine would.
"""

import asyncio
import os
import platform
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.errors import MinipaasError, Missing
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.docker.images import Stack
from minipaas.runtime.docker.stackparts import (
    FORMAT,
    STEP,
    Parts,
    Source,
    distributions_own,
    image_changes,
    mmdebstrap_words,
    read_sources,
    source_lines,
    suite_of,
)

if TYPE_CHECKING:
    from docker import APIClient

Say = Callable[[str], None]
Find = Callable[[str], str | None]
#: Both archives and the folder they are made in.
_NEEDED_BYTES = 3 * 1024**3
_KEPT_LINES = 40
_UNREACHABLE = ("Could not resolve", "Failed to fetch", "Could not connect", "Unable to connect", "Temporary failure")


class StackFailed(MinipaasError):
    """mmdebstrap gave up."""


@contextmanager
def workplace() -> Iterator[Parts]:
    """A folder for the archives, gone afterwards.

    mmdebstrap may run as another user than its caller, so anybody may write there; nobody else knows its name.
    """
    with tempfile.TemporaryDirectory(prefix="minipaas-stack-") as outer:
        Path(outer).chmod(0o711)
        inner = Path(outer) / os.urandom(8).hex()
        inner.mkdir()
        inner.chmod(0o777)
        yield Parts(inner)


def check_tools(find: Find | None = None, uid: int | None = None) -> None:
    """See that a stack can be made here at all.

    Args:
        find: where a program is, None when it is nowhere.
        uid: of whoever asks.

    Raises:
        Missing: a program, rights or disk space.
    """
    find = find or _find
    if not find("apt-get"):
        raise Missing(
            "cannot build a stack: there is no apt-get on this machine",
            "on another distribution than Debian's and Ubuntu's take an image: `--stack NAME`",
        )
    if not find("mmdebstrap"):
        raise Missing(
            "cannot build a stack: there is no mmdebstrap on this machine", "`sudo apt-get install mmdebstrap`"
        )
    if (os.geteuid() if uid is None else uid) != 0 and not find("newuidmap"):
        raise Missing(
            "cannot build a stack: mmdebstrap needs root, or newuidmap",
            "`sudo minipaas stack build`, or `sudo apt-get install uidmap`",
        )
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < _NEEDED_BYTES:
        raise Missing(
            f"cannot build a stack: {tempfile.gettempdir()} has {free // 2**20} MB free, and"
            f" {_NEEDED_BYTES // 2**20} MB are needed",
            "set TMPDIR to a folder with more space",
        )


async def make_parts(parts: Parts, say: Say, more: Iterable[str] = ()) -> None:
    """Install and pack; a minute or two.

    Raises:
        Missing: this machine's apt has no source, or its mirror does not answer.
        StackFailed: mmdebstrap failed.
    """
    system = platform.freedesktop_os_release()
    sources = distributions_own(await asyncio.to_thread(_apt_sources), system)
    if not sources:
        raise Missing(
            "cannot build a stack: apt knows no package source of this distribution", "see /etc/apt/sources*"
        )
    words = mmdebstrap_words(suite_of(sources, system), parts, more)
    await _run(words, "\n".join(source_lines(sources)) + "\n", say)


def _apt_sources() -> list[Source]:
    words = ("apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return read_sources(done.stdout)


async def _run(words: list[str], stdin: str, say: Say) -> None:
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    assert process.stdin is not None
    assert process.stderr is not None
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    try:
        process.stdin.write(stdin.encode())
        process.stdin.close()
        async for line in process.stderr:
            last.append(line.decode(errors="replace").rstrip())
            step = _step(last[-1])
            if step:
                say(step)
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()  # it unmounts and clears up
            await process.wait()
    if status:
        raise failure(last)


def _step(line: str) -> str:
    if line.startswith(STEP):
        return line.removeprefix(STEP)
    known = line.removeprefix("I: ") if line.startswith("I: ") else ""
    return known if known.startswith(("running apt", "downloading", "extracting", "installing")) else ""


def failure(lines: Iterable[str]) -> MinipaasError:
    """The error that mmdebstrap's last lines tell of."""
    said = [line.removeprefix("E: ").strip() for line in lines if line.startswith(("E: ", "Err:", "W: Failed"))]
    unreachable = [line for line in said if any(part in line for part in _UNREACHABLE)]
    if unreachable:
        return Missing(
            f"cannot build a stack: the package mirror does not answer: {unreachable[0]}",
            "see whether `apt-get update` works",
        )
    told = next((line for line in said if "failed" not in line), said[0] if said else "it does not say why")
    return StackFailed(f"cannot build a stack: mmdebstrap: {told}")


async def import_parts(engine: Engine, parts: Parts, stack: Stack, name: str) -> None:
    """Make the two images, and give them their names once both are there.

    Raises:
        DynoProblem: the engine failed, or its disk is full.
    """
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    changes = image_changes(name, system)
    run = await engine.call("import the run image", lambda api: _import(api, parts.run, stack.run, changes))
    await engine.call("make the build image", lambda api: _layer(api, parts.build, run, stack.build))


def _import(api: "APIClient", archive: Path, name: str, changes: list[str]) -> str:
    repository, _, tag = name.rpartition(":")
    api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=changes)
    return str(api.inspect_image(name)["Id"])  # type: ignore[no-untyped-call]


def _layer(api: "APIClient", archive: Path, base: str, name: str) -> None:
    repository, _, tag = name.rpartition(":")
    made = api.create_container(base, entrypoint=["/bin/true"], user="0:0")["Id"]
    try:
        with archive.open("rb") as file:
            api.put_archive(made, "/", file)
        api.commit(made, repository, tag, pause=False, changes=["ENTRYPOINT []", 'CMD ["/bin/bash"]'])
    finally:
        api.remove_container(made, force=True)


async def known_stacks(engine: Engine) -> list[dict[str, object]]:
    """Images of the engine that are a stack: ours by their label, Heroku's by their name."""
    images = await engine.call("list the images", lambda api: api.images())
    return sorted(_stacks(images), key=lambda each: str(each["image"]))


def _stacks(images: Iterable[Mapping[str, object]]) -> Iterator[dict[str, object]]:
    for image in images:
        marks = image.get("Labels") or {}
        assert isinstance(marks, dict)
        for tag in image.get("RepoTags") or ():  # type: ignore[attr-defined]
            if marks.get("minipaas.kind") == "stack" or tag.startswith("heroku/heroku:"):
                size = image["Size"]
                assert isinstance(size, int)
                yield {"image": tag, "mb": size // 10**6, "system": marks.get("minipaas.system", "")}


def _find(program: str) -> str | None:
    """apt's programs are in folders that a user's PATH may lack."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin")


def _environment() -> dict[str, str]:
    """mmdebstrap must find the system's own programs, and put its folder where there is space."""
    return {**os.environ, "PATH": f"/usr/sbin:/usr/bin:/sbin:/bin:{os.environ.get('PATH', '')}", "LC_ALL": "C.UTF-8"}
