"""Relays the lines of one process to a file, as minipaas does and as its peers do, and prints what it costs.

    python -m bench.logs [--lines 1000000] [--peer-lines 200000] [--rounds 3] [--no-peers]

One process prints lines of 12 bytes; the relay's standard output is a file in memory. minipaas: the dyno's
OutputPipe, Channel.stream, ring and history on disk, LogPrinter. CPU is what the relay used, the printing process
not counted. Extra memory is the peak over what the relay had before the first line (peers: over what they had when
the printing began). Honcho needs over a minute for a million lines, so the peers print fewer and are compared per
million; interleaved, medians. Honcho makes Python apps flush each line, so its row stands beside ours that does.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import uvloop

from bench.peers import folder as kept
from bench.peers import honcho
from bench.table import heading, table, verdict
from minipaas.cli.logprinter import LogPrinter
from minipaas.cli.logview import TextView
from minipaas.clock import SystemClock
from minipaas.logplex.logplex import Logplex
from minipaas.runtime.base import Output
from minipaas.runtime.output import OutputPipe

MEMORY = Path("/dev/shm")
#: CPU seconds for a million lines, now and the aim; extra megabytes.
CPU_BAR_S, CPU_AIM_S, EXTRA_BAR_MB = 1.5, 1.0, 20.0

#: argv: lines, final newline (1/0), flush each line (1/0), file for its own CPU seconds.
PRODUCER = """\
import os, sys
lines, final, flush, cpu = int(sys.argv[1]), sys.argv[2] == "1", sys.argv[3] == "1", sys.argv[4]
for i in range(lines - 1):
    sys.stdout.write("%011d\\n" % i)
    if flush:
        sys.stdout.flush()
sys.stdout.write("%011d" % (lines - 1) + ("\\n" if final else ""))
sys.stdout.flush()
with open(cpu, "w") as file:
    file.write(str(sum(os.times()[:2])))
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What the printing process does."""

    lines: int
    final_newline: bool = True
    flush: bool = False

    def argv(self, folder: Path) -> list[str]:
        """The printing process; it leaves its own CPU seconds in `folder`/cpu."""
        script = folder / "producer.py"
        script.write_text(PRODUCER)
        flags = [str(int(self.final_newline)), str(int(self.flush))]
        return [sys.executable, str(script), str(self.lines), *flags, str(folder / "cpu")]


@dataclass(frozen=True, slots=True)
class Result:
    """One run: seconds, bytes, and how many lines did not come out."""

    wall_s: float
    cpu_s: float
    extra_bytes: int
    lost: int


def lost_lines(path: Path, load: Load) -> int:
    """How many of the lines are missing or cut in two; 1 when they are all there in another order."""
    numbers = [int(found[1]) for found in re.finditer(rb"(?:^|\D)(\d{11})\r?$", path.read_bytes(), re.MULTILINE)]
    if numbers == list(range(load.lines)):
        return 0
    return max(1, load.lines - len(set(numbers)))


def own_memory(field: str) -> int:
    """`VmRSS` or `VmHWM` of this process in bytes."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


async def relay(argv: list[str], out: Path, home: Path) -> dict[str, float]:
    """The part that is measured, in a process of its own."""
    logplex = Logplex(home, SystemClock())
    channel = logplex.channel("bench")
    with out.open("wb") as stream:
        printer = LogPrinter(stream, TextView(), SystemClock())
        channel.listen(lambda chunk: printer.print("bench", chunk))
        output = channel.stream("web.1")
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of starting up
        before, base, begun = resource.getrusage(resource.RUSAGE_SELF), own_memory("VmRSS"), time.monotonic()
        read, write = os.pipe()
        child = subprocess.Popen(argv, stdout=write)
        os.close(write)
        await _pump(read, output)
        await printer.close(60)
        await logplex.close()
        wall_s = time.monotonic() - begun
        after, peak = resource.getrusage(resource.RUSAGE_SELF), own_memory("VmHWM")
        child.wait()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall_s, "cpu_s": cpu_s, "extra": peak - base}


async def _pump(fd: int, output: Output) -> None:
    ended = asyncio.get_running_loop().create_future()

    def take(piece: bytes) -> None:
        output(piece)
        if not piece:
            ended.set_result(None)

    OutputPipe(fd, take).start()
    await ended


def run_minipaas(load: Load, folder: Path) -> Result:
    """One run of ours."""
    out, home = folder / "out", folder / "home"
    home.mkdir()
    argv = [sys.executable, "-m", "bench.logs", "--relay", str(out), str(home), *load.argv(folder)]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE)
    measured = json.loads(done.stdout)
    return Result(measured["wall_s"], measured["cpu_s"], int(measured["extra"]), lost_lines(out, load))


def run_peer(command: list[str], load: Load, folder: Path) -> Result:
    """One run of a Procfile runner."""
    (folder / "Procfile").write_text("web: " + " ".join(["exec", *load.argv(folder)]) + "\n")
    (folder / ".env").write_text("A=1\n")
    out = folder / "out"
    with out.open("wb") as stream:
        begun = time.monotonic()
        runner = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=subprocess.DEVNULL)
        sizes = list(_memory_until_gone(runner.pid)) or [0]
        _, _, usage = os.wait4(runner.pid, 0)
        wall_s = time.monotonic() - begun
        runner.returncode = 0
    cpu_s = usage.ru_utime + usage.ru_stime - float((folder / "cpu").read_text())
    return Result(wall_s, cpu_s, max(sizes) - sizes[0], lost_lines(out, load))


def _memory_until_gone(pid: int) -> Iterator[int]:
    """Resident bytes of a runner without the process it runs, ten times a second, from when that one is there."""
    runner = psutil.Process(pid)
    while True:
        try:
            if runner.status() == psutil.STATUS_ZOMBIE:
                return
            own, printing = 0, False
            for process in [runner, *runner.children(recursive=True)]:
                if any(word.endswith("producer.py") for word in process.cmdline()):
                    printing = True
                else:
                    own += process.memory_info().rss
            if printing:
                yield own
        except psutil.NoSuchProcess:
            pass  # one of the tree ended between two looks
        time.sleep(0.1)


def install_peers() -> dict[str, list[str]]:
    """honcho and nf; nf is left out, and said so, where there is no npm."""
    peers = {"honcho 2.0.0": [str(honcho()), "start"]}
    nf = kept() / "node_modules/.bin/nf"
    if not nf.exists() and shutil.which("npm"):
        subprocess.run(["npm", "install", "--silent", "--prefix", kept(), "foreman@3.0.1"], check=False)
    if nf.exists():
        peers["nf 3.0.1"] = [str(nf), "start"]
    else:
        print("nf 3.0.1 could not be installed and is left out", file=sys.stderr)
    return peers


def in_memory(load: Load, command: list[str] | None = None) -> Result:
    """One run, of the peer that `command` starts or of ours, in a fresh folder in memory."""
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="bench-logs-") as folder:
        return run_peer(command, load, Path(folder)) if command else run_minipaas(load, Path(folder))


def peer_runs(command: list[str], *loads: Load) -> list[Result]:
    """One run of each load; what starting and stopping the runner costs is not counted, as it is not for ours."""
    starting = in_memory(Load(1), command).cpu_s
    found = [in_memory(load, command) for load in loads]
    return [replace(run, cpu_s=run.cpu_s - starting) for run in found]


def summary(name: str, load: Load, runs: list[Result], unended: list[Result], ours: float) -> tuple[object, ...]:
    """A table row; `ours` is minipaas' CPU per million lines."""
    cpu = statistics.median(run.cpu_s for run in runs) / load.lines * 1e6
    wall = statistics.median(run.wall_s for run in runs) / load.lines * 1e6
    extra = max(run.extra_bytes for run in runs) / 1e6
    lost = sum(run.lost for run in runs), sum(run.lost for run in unended)
    bar = verdict(cpu, CPU_BAR_S, CPU_AIM_S, unit=" CPU s") if name == "minipaas" else ""
    if bar and (extra > EXTRA_BAR_MB or any(lost)):
        bar = f"**short of the bar** (<= {EXTRA_BAR_MB:g} MB, 0 lost)"
    return (
        *(name, f"{load.lines:,}", len(runs), f"{wall:.2f}", f"{cpu:.2f}", f"{cpu / ours:.1f}", f"{extra:.1f}"),
        *(lost[0], lost[1] if unended else "-", bar),
    )


def measure(lines: int, peer_lines: int, rounds: int, peers: dict[str, list[str]]) -> None:
    """All runs, interleaved; prints the table."""
    whole, flushed, small = Load(lines), Load(lines, flush=True), Load(peer_lines)
    unended = Load(peer_lines, final_newline=False)
    runs: dict[str, list[Result]] = {}
    tails: dict[str, list[Result]] = {}
    for _ in range(rounds):
        runs.setdefault("whole", []).append(in_memory(whole))
        runs.setdefault("flushed", []).append(in_memory(flushed))
        tails.setdefault("whole", []).append(in_memory(Load(lines, final_newline=False)))
        for name, command in peers.items():
            run, tail = peer_runs(command, small, unended)
            runs.setdefault(name, []).append(run)
            tails.setdefault(name, []).append(tail)
    ours = statistics.median(run.cpu_s for run in runs["whole"]) / lines * 1e6
    rows = [
        summary("minipaas", whole, runs["whole"], tails["whole"], ours),
        summary("minipaas, app flushes each line", flushed, runs["flushed"], [], ours),
        *(summary(name, small, runs[name], tails[name], ours) for name in peers),
    ]
    head = ("relay", "lines", "runs", "wall s / 1M", "CPU s / 1M", "CPU, minipaas = 1", "extra MB")
    print(table((*head, "lost or broken", "the same, last line without newline", "bar"), rows))


def main() -> None:
    """Measure and print a table in Markdown."""
    if sys.argv[1:2] == ["--relay"]:
        out, home, *argv = sys.argv[2:]
        print(json.dumps(uvloop.run(relay(argv, Path(out), Path(home)))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--peer-lines", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    chosen = parser.parse_args()
    os.environ.pop("PYTHONUNBUFFERED", None)
    print(heading(f"python -m bench.logs --lines {chosen.lines} --rounds {chosen.rounds}"), end="\n\n")
    measure(chosen.lines, chosen.peer_lines, chosen.rounds, {} if chosen.no_peers else install_peers())


if __name__ == "__main__":
    main()
