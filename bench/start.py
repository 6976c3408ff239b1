"""From `minipaas up` with a built slug to the first 200, beside honcho and a bare shell on the same app.

    python -m bench.start [--rounds 15] [--apps plain,flask] [--also NAME=CHECKOUT ...]

Each round starts every runner once, one after another; ratios are taken within a round. CPU is what the runner
itself has used when the 200 comes, the app not counted, and is steadier than the clock on a busy machine.
`--also` measures another checkout of minipaas beside this one.
"""

import argparse
import os
import signal
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import apps, peers
from bench.platform import begin, running, scratch, users_environment
from bench.table import heading, ms, ratio, table, verdict
from bench.waiting import cpu_s, end, free_port, until_ok

BAR, AIM = 1.5, 1.0
_CODE = "import time; t = time.process_time(); import {}; print(time.process_time() - t)"
_UP = "minipaas.cli.main, minipaas.cli.up, minipaas.control.plane, uvloop"


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the command to the first 200, and CPU seconds of the runner until then."""

    wall_s: float
    cpu_s: float


Runner = Callable[[], Start]


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=15)
    words.add_argument("--apps", default="plain,flask")
    words.add_argument("--also", action="append", default=[], metavar="NAME=CHECKOUT")
    chosen = words.parse_args()
    commands = {"minipaas": peers.minipaas()}
    for also in chosen.also:
        name, _, checkout = also.partition("=")
        commands[name] = peers.minipaas(Path(checkout).resolve())
    print(heading(f"python -m bench.start --rounds {chosen.rounds}"), end="\n\n")
    with scratch() as folder:
        rows = []
        for app in chosen.apps.split(","):
            samples = measure(folder / app, app, commands, chosen.rounds)
            rows += lines(app, samples, set(commands))
    print(table(("app", "started by", "to the first 200, ms", "/ honcho", "CPU of the runner, ms", "bar"), rows))
    print(f"\n{imports(commands, chosen.rounds)}")


def measure(folder: Path, app: str, commands: dict[str, Path], rounds: int) -> dict[str, list[Start]]:
    """All runners in turn, `rounds` times; the first round, which warms caches, is dropped."""
    source = apps.flask(folder / "app") if app == "flask" else apps.unbuilt(folder / "app", apps.PLAIN)
    runners = {name: _minipaas(command, folder / name, source) for name, command in commands.items()}
    runners |= {"honcho 2.0.0": _honcho(source), "bare `sh -c`": _shell(source)}
    samples: dict[str, list[Start]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, run in runners.items():
            start = run()
            if number:
                samples[name].append(start)
    return samples


def _minipaas(command: Path, home: Path, app: Path) -> Runner:
    """The slug is built before the first measurement."""
    with running(command, home, app):
        pass

    def run() -> Start:
        port = free_port()
        begun = time.monotonic()
        platform = begin(command, home, app, port=port)
        try:
            until_ok("127.0.0.1", port, f"{app.name}.localhost")
            return Start(time.monotonic() - begun, cpu_s(platform.process.pid))
        finally:
            # `up` is not yet to be interrupted while it still loads its API.
            platform.ready()
            platform.stop()

    return run


def _honcho(app: Path) -> Runner:
    return lambda: _foreground(lambda port: [str(peers.honcho()), "start", "-p", str(port)], app, signal.SIGINT)


def _shell(app: Path) -> Runner:
    command = (app / "Procfile").read_text().partition(": ")[2].strip()
    return lambda: _foreground(lambda _: ["sh", "-c", f"exec {command}"], app, signal.SIGKILL, is_app=True)


def _foreground(words: Callable[[int], list[str]], app: Path, stop: int, *, is_app: bool = False) -> Start:
    port = free_port()
    path = f"{peers.honcho().parent}:{os.environ['PATH']}"
    begun = time.monotonic()
    process = subprocess.Popen(
        words(port),
        cwd=app,
        env={**users_environment(), "PATH": path, "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until_ok("127.0.0.1", port)
        return Start(time.monotonic() - begun, 0.0 if is_app else cpu_s(process.pid))
    finally:
        end(process, stop)


def lines(app: str, samples: dict[str, list[Start]], ours: set[str]) -> list[tuple[object, ...]]:
    """The rows of one app."""
    reference = [start.wall_s for start in samples["honcho 2.0.0"]]
    rows = []
    for name, starts in samples.items():
        walls = [start.wall_s for start in starts]
        cpu = 1000 * statistics.median(start.cpu_s for start in starts)
        against = ratio(walls, reference)
        bar = verdict(against, BAR, AIM) if name in ours else ""
        rows.append((app, name, ms(walls), f"{against:.2f}", f"{cpu:.0f}" if cpu else "-", bar))
    return rows


def imports(commands: dict[str, Path], rounds: int) -> str:
    """CPU of importing what `up` imports before it does anything, and what honcho does, interleaved."""
    asked = {f"{name} up": (command, _UP) for name, command in commands.items()}
    asked["honcho"] = (peers.honcho(), "honcho.command")
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, (command, modules) in asked.items():
            done = subprocess.run(
                [command.parent / "python", "-c", _CODE.format(modules)],
                cwd="/",
                check=True,
                capture_output=True,
                text=True,
            )
            found[name].append(float(done.stdout))
    return table(("imports of", "CPU ms"), [(name, ms(values)) for name, values in found.items()])


if __name__ == "__main__":
    main()
