"""The Runtime protocol: one dyno on one host, whatever makes it run.

A runtime launches what a `Launch` describes and hands back a `DynoProcess`. It knows nothing of formations,
routers or logs; the dyno manager above it decides, this floor acts. One contract suite
(`tests/runtime/test_contract.py`) runs over every implementation and over the fake.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Protocol

from minipaas.frozen import frozen
from minipaas.model.dyno import DEFAULT_SIZE, Exit, Size

#: Called on the loop with each piece a process wrote, stdout and stderr in one order; b"" once at the end.
Output = Callable[[bytes], None]


@frozen
class Host:
    """Where dynos stand: a simulated cell with a name, an address of its own and a disk area.

    `address` is a loopback address (127.0.1.1, 127.0.1.2, ...) where the machine has more than one: the
    router connects to it, so an app that binds only 127.0.0.1 is not reached, as on Heroku.
    """

    name: str
    address: str
    area: Path


@frozen
class Bind:
    """A folder of this machine that the process sees at `target`."""

    source: Path
    target: str
    writable: bool = False


@frozen
class Terminal:
    """A terminal's size in characters, 1 to 65,535 each."""

    rows: int = 24
    columns: int = 80


@frozen(kw_only=True)
class Launch:
    """One process tree to start.

    `id` is unique among all launches ever made on this home (it names the dyno's disk folder and marks its
    processes, so that what a crash left behind is found). `command` is handed to `bash -c` after
    the `.profile.d` scripts when `profile` is true, and is run as given otherwise. `slug` is the read-only
    lower folder of `/app`; None gives an empty `/app`. `kept` are folders with an earlier dyno's writes, laid over
    the slug in order (chaos keeps a disk that way). `env` is the whole environment but HOME, PWD and the
    runtime's own marks. `hostname` is what the process sees as its host's name. `attached` gives the process a
    `Console` to read from, a pipe or, with `terminal`, a terminal of that size which is its controlling one.
    """

    id: str
    host: Host
    command: str
    env: Mapping[str, str]
    slug: Path | None = None
    kept: tuple[Path, ...] = ()
    binds: tuple[Bind, ...] = ()
    size: Size = DEFAULT_SIZE
    hostname: str = ""
    cwd: str | None = None
    profile: bool = True
    attached: bool = False
    terminal: Terminal | None = None
    output: Output = field(default=lambda _data: None)


@frozen
class Listener:
    """A TCP socket in state LISTEN: address as text, port, and who holds it, for R10's explanation."""

    address: str
    port: int
    pid: int | None = None
    command: str = ""


@frozen
class FileChange:
    """One path a dyno changed since it started. `kind` is A(dded), M(odified) or D(eleted).

    `path` is as the app sees it (`/app/db.sqlite3`, `/tmp/x`); `real` is where the bytes are now, None for D.
    """

    kind: str
    path: str
    real: Path | None


@frozen
class Memory:
    """What a dyno uses, in bytes, without page cache; shared pages counted once where the kernel tells.

    The rest only where the dyno has a control group, else zero: page cache, what of `used_bytes` is swapped out, and
    pages brought in and given back since it began.
    """

    used_bytes: int
    cache_bytes: int = 0
    swap_bytes: int = 0
    pages_in: int = 0
    pages_out: int = 0


class Console(Protocol):
    """The near end of what an attached dyno reads and writes. Every method is safe after the dyno ended."""

    async def write(self, data: bytes) -> None:
        """Hand input over; returns when the dyno's pipe or terminal has taken it, or will take no more."""

    def end_input(self) -> None:
        """No more input: the pipe's end, or Ctrl-D on a terminal."""

    def resize(self, terminal: Terminal) -> None:
        """Another size, told by SIGWINCH; nothing happens on a pipe."""

    def pause(self) -> None:
        """Take no output for a while: the dyno waits once its pipe is full."""

    def resume(self) -> None:
        """Go on after `pause`."""

    def hang_up(self) -> None:
        """Close it: reads see the end; a terminal's writes fail too, and its session gets SIGHUP."""


class DynoProcess(Protocol):
    """A running dyno. Every method is safe after it ended. `console` is there when it was launched attached."""

    id: str
    pid: int
    console: Console | None

    async def wait(self) -> Exit:
        """Wait until every process of the dyno is gone and its output is read to the end."""

    def terminate(self) -> None:
        """SIGTERM to every process of the dyno."""

    def hang_up(self) -> None:
        """SIGHUP to every process of the dyno."""

    def kill(self) -> None:
        """SIGKILL to every process of the dyno."""

    def memory(self) -> Memory:
        """What it uses now; zero when it ended."""

    def cpu_s(self) -> float:
        """CPU seconds of all its processes, and of those that have ended and been waited for; zero when it ended."""

    def pids(self) -> list[int]:
        """Its processes, as this machine numbers them, the runtime's own (init) left out."""

    def listeners(self) -> list[Listener]:
        """The TCP sockets its processes listen on."""

    def writes(self) -> list[FileChange]:
        """What it changed on its disk so far; also after it ended, until `discard`."""

    def discard(self) -> None:
        """Delete its disk. Only after `wait` returned."""


@frozen(kw_only=True)
class Capabilities:
    """What a runtime gives on this machine; `lost` has one clause for each thing it cannot give.

    `reason` is why no better runtime is used, in the words of what refused it; empty where none is missing.
    `stack` is what dynos and builds run on, `NAME@ID` of an image; empty for this machine's own user land.
    `hosts` are real machines that dynos stand on; empty: all of them stand on this one, and hosts are simulated. A
    dyno that is given folders of this machine stands on the first.
    """

    name: str
    private_files: bool
    private_tmp: bool
    private_processes: bool
    read_only_stack: bool
    memory_limit: bool
    process_limit: bool
    lost: tuple[str, ...] = ()
    reason: str = ""
    stack: str = ""
    hosts: tuple[Host, ...] = ()


class Runtime(Protocol):
    """Launches dynos."""

    name: str

    def capabilities(self) -> Capabilities:
        """What dynos of this runtime have and have not on this machine."""

    def inside(self, source: Path, target: str) -> str:
        """Where a process sees a `Bind(source, target)`: `target`, or `source` itself where nothing is mapped."""

    async def start(self, launch: Launch) -> DynoProcess:
        """Launch; returns when the process tree exists.

        Raises:
            DynoProblem: nothing could be launched (no disk space, sandbox refused); an app whose command does
                not exist is no such case, it exits 127.
        """

    async def sweep(self) -> int:
        """End and clear what an earlier platform on this home left (processes, disks, cgroups); how many."""

    async def close(self) -> None:
        """Give back what the runtime itself holds; its dynos have ended before."""
