"""Failed requests while a graceful app's dynos are restarted and relocated under load; and how long a restart takes.

    python -m bench.restarts [--acts 200] [--clients 16] [--rounds 15]

Two web dynos. Each act, in turn a restart or a relocation of one dyno, waits until that dyno's new life is up.
Clients send GET and POST on kept and on fresh connections the whole time; any status but 200 and any error of a
connection counts. Then, on one dyno without load: from the restart's call to the first answer of the new life,
less the app's own boot, measured in between without a platform.
"""

import argparse
import asyncio
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench import apps, peers
from bench.load import Load
from bench.platform import Platform, running, scratch
from bench.restarting import own_boot, restart
from bench.table import heading, ms, table, verdict

APP = "app"
HOST = f"{APP}.localhost"


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--acts", type=int, default=200)
    words.add_argument("--clients", type=int, default=16)
    words.add_argument("--rounds", type=int, default=15)
    chosen = words.parse_args()
    print(heading(f"python -m bench.restarts --acts {chosen.acts} --rounds {chosen.rounds}"), end="\n\n")
    with scratch() as folder:
        source = apps.unbuilt(folder / APP, apps.PLAIN)
        with running(peers.minipaas(), folder / "home", source, "--formation", "web=2") as platform:
            print(failed_requests(platform, chosen.acts, chosen.clients), end="\n\n")
        with running(peers.minipaas(), folder / "home", source, "--formation", "web=1") as platform:
            print(restart_times(platform, source, chosen.rounds))


def failed_requests(platform: Platform, acts: int, clients: int) -> str:
    """Load and acts side by side."""
    load = Load(platform.port, HOST, clients)
    begun = time.monotonic()
    asyncio.run(_loaded(load, platform, acts))
    took = time.monotonic() - begun
    codes = Counter(re.findall(r"code=(H\d\d)", platform.cli("logs", "-n", "1500", "-a", APP)))
    sent, failed = sum(load.requests.values()), sum(load.failures.values())
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(load.requests.items()))
    seen = ", ".join(f"{code} x{count}" for code, count in codes.items()) or "none"
    rows = [
        (f"{acts}", f"{took:.0f}", f"{sent:,} ({kinds})", f"{load.slowest_s * 1000:.0f}", seen, f"{failed}",
         verdict(failed, 0)),
    ]  # fmt: skip
    head = ("restarts and relocations", "s", "requests", "slowest, ms", "H-codes in the log", "failed", "bar")
    why = "".join(f"\n- {problem}: {count}" for problem, count in load.failures.most_common(10))
    return table(head, rows) + ("\n" + why if why else "")


async def _loaded(load: Load, platform: Platform, acts: int) -> None:
    clients = asyncio.ensure_future(load.run())
    try:
        await asyncio.to_thread(_act, platform, acts)
    finally:
        load.stopping = True
        await clients


def _act(platform: Platform, acts: int) -> None:
    for number in range(acts):
        dyno = f"web.{number % 2 + 1}"
        before = _dyno(platform, dyno)["id"]
        if number // 2 % 2:
            platform.call("POST", f"/minipaas/apps/{APP}/dynos/{dyno}/actions/relocate")
        else:
            platform.call("DELETE", f"/apps/{APP}/dynos/{dyno}")
        while (now := _dyno(platform, dyno))["id"] == before or now["state"] != "up":
            time.sleep(0.01)


def _dyno(platform: Platform, name: str) -> dict[str, str]:
    return dict(platform.call("GET", f"/apps/{APP}/dynos/{name}"))


def restart_times(platform: Platform, source: Path, rounds: int) -> str:
    """The two ways to ask for it, and the app's own boot, interleaved."""
    ways: dict[str, Callable[[], object]] = {
        "by API": lambda: platform.call("DELETE", f"/apps/{APP}/dynos/web.1"),
        "by command": lambda: platform.cli("ps:restart", "web.1", "-a", APP),
    }
    boots: list[float] = []
    took: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        boots.append(own_boot(source))
        for way, ask in ways.items():
            took[way].append(restart(platform.port, HOST, ask))
    boot = statistics.median(boots)
    rows = [(f"restart {way}", ms(took[way]), f"{1000 * (statistics.median(took[way]) - boot):.0f}") for way in ways]
    head = ("one dyno", "to the new life's first answer, ms", "beyond the app's own boot, ms")
    return table(head, [*rows, ("the app's own boot", ms(boots), "-")])


if __name__ == "__main__":
    main()
