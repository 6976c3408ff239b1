"""Many small dynos on this machine: until all of them answer, their memory, what an idle platform costs, the end.

    python -m bench.dynos [--dynos 200] [--idle 30]

The app is the standard library's simplest server, about 9 MB a process. Idle CPU is what the platform's own
processes use while nothing happens: minipaas and its warden; bubblewrap and the inits are told apart. Memory is
proportional set size (PSS).
"""

import argparse
import re
import time
from pathlib import Path

import psutil

from bench import apps, peers
from bench.platform import Platform, begin, scratch
from bench.table import heading, table, verdict
from bench.waiting import ask, cpu_s

APP = "app"
IDLE_BAR = 2.0
#: Requests that all dynos together may need to have been chosen by the router in turn.
_SPARE_TURNS = 3

Kinds = dict[str, list[int]]


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--dynos", type=int, default=200)
    words.add_argument("--idle", type=float, default=30.0)
    chosen = words.parse_args()
    print(heading(f"python -m bench.dynos --dynos {chosen.dynos} --idle {chosen.idle:g}"), end="\n\n")
    with scratch() as folder:
        print(measure(folder, chosen.dynos, chosen.idle))


def measure(folder: Path, dynos: int, idle_s: float) -> str:
    """One platform from start to end."""
    source = apps.unbuilt(folder / APP, apps.SMALL)
    begun = time.monotonic()
    platform = begin(peers.minipaas(), folder / "home", source, "--formation", f"web={dynos}")
    try:
        platform.ready()
        up_s = time.monotonic() - begun
        answered = answering(platform, dynos)
        kinds = by_kind(platform)
        time.sleep(5)
        idle = idle_percent(kinds, idle_s)
        memory = {kind: sum(map(pss_mb, pids)) for kind, pids in kinds.items()}
    finally:
        begun = time.monotonic()
        platform.stop()
        down_s = time.monotonic() - begun
    rows = [
        ("dynos that answered through the router", f"{answered} of {dynos}", verdict(dynos - answered, 0)),
        ("from `up` (with its build) until all are up, s", f"{up_s:.1f}", ""),
        ("Ctrl-C until nothing is left, s", f"{down_s:.1f}", ""),
        (
            "minipaas and warden, idle, % of a core",
            f"{idle['platform']:.2f}",
            verdict(idle["platform"], IDLE_BAR),
        ),
        ("bubblewrap and inits, idle, % of a core", f"{idle['sandbox']:.2f}", ""),
        ("the apps themselves, idle, % of a core", f"{idle['app']:.2f}", ""),
        ("minipaas and warden, MB", f"{memory['platform']:.1f}", ""),
        ("bubblewrap and inits, MB a dyno", f"{memory['sandbox'] / dynos:.2f}", ""),
        ("the apps themselves, MB a dyno", f"{memory['app'] / dynos:.1f}", ""),
        ("processes besides the app's, a dyno", f"{len(kinds['sandbox']) / dynos:.1f}", ""),
    ]
    return table((f"{dynos} dynos", "", "bar"), rows)


def answering(platform: Platform, dynos: int) -> int:
    """How many different dynos answer with 200."""
    seen = set()
    for _ in range(dynos * _SPARE_TURNS):
        status, body = ask("127.0.0.1", platform.port, f"{APP}.localhost")
        if status == 200:
            seen.add(body)
        if len(seen) == dynos:
            break
    return len(seen)


def by_kind(platform: Platform) -> Kinds:
    """The pids below the platform: itself and its warden, what makes the sandboxes, the app."""
    kinds: Kinds = {"platform": [platform.process.pid], "sandbox": [], "app": []}
    for process in psutil.Process(platform.process.pid).children(recursive=True):
        words = process.cmdline()
        if "server.py" in words:
            kinds["app"].append(process.pid)
        elif any(word.endswith("reaper.py") for word in words):
            kinds["platform"].append(process.pid)
        else:
            kinds["sandbox"].append(process.pid)
    return kinds


def idle_percent(kinds: Kinds, seconds: float) -> dict[str, float]:
    """CPU of each kind over the same stretch of time, in per cent of one core."""
    before = {kind: sum(map(cpu_s, pids)) for kind, pids in kinds.items()}
    begun = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begun
    return {kind: 100 * (sum(map(cpu_s, pids)) - before[kind]) / took for kind, pids in kinds.items()}


def pss_mb(pid: int) -> float:
    """Proportional set size of a process in MB; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


if __name__ == "__main__":
    main()
