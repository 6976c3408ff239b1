"""The router beside HAProxy, nginx, aiohttp, Caddy and Node: CPU for each request, interleaved, log line written.

    python -m bench.router [--rounds 3] [--seconds 2] [--peers minipaas,haproxy,nginx] [--loads small,varied,10k]

Each router is pinned to the first core; load and web app share the second. In every round each router takes each
load once, one after another, so that what else the machine does falls on all alike; ratios are taken within a
round, and the table shows their medians. The absolute figures depend on the machine, the ratios much less.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.router_peers import BACKENDS, DYNO_PORT, DYNOS, PEERS, install

#: What a browser sends along.
HEADERS = (
    "Host: bench.localhost",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "Cookie: session=eyJfcGVybWFuZW50Ijp0cnVlfQ.aTtFyw.m0zbH1",
)
#: Every request another path and another cookie, so that no cache of heads helps.
VARIED = """
local n = 0
request = function()
  n = n + 1
  wrk.headers["Cookie"] = "session=" .. n
  return wrk.format("GET", "/small?n=" .. n)
end
"""
POST = 'wrk.method = "POST"\nwrk.body = string.rep("x", 102400)\n'
LOADS = {"small": ("/small", 64, ""), "varied": ("/small", 64, VARIED), "10k": ("/10k", 64, ""),
         "1m": ("/1m", 16, ""), "post": ("/small", 64, POST)}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One run: requests a second, microseconds of the router's CPU for each, p99 in ms, failed requests."""

    rate: float
    cpu_us: float
    p99_ms: float
    failed: int


def main() -> None:
    """Run and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--seconds", type=int, default=2)
    words.add_argument("--peers", default="minipaas,haproxy,nginx,aiohttp,node,caddy")
    words.add_argument("--loads", default="small,varied,10k")
    chosen = words.parse_args()
    peers = install(chosen.peers.split(","))
    loads = chosen.loads.split(",")
    with tempfile.TemporaryDirectory(prefix="minipaas-bench-") as folder:
        samples = measure(Path(folder), peers, loads, chosen.rounds, chosen.seconds)
    print(table(samples, peers, loads))


def measure(
    folder: Path, peers: list[str], loads: list[str], rounds: int, seconds: int
) -> dict[tuple[str, str], list[Sample]]:
    """Start everything once, then load it in turn."""
    folder.chmod(0o755)
    started = [start_upstream(folder)]
    samples: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    try:
        routers = {}
        for number, name in enumerate(peers):
            port = 18901 + number
            routers[name] = start_router(folder, name, port), port
            started.append(routers[name][0])
            wait_for(port, folder / name / "stdout.log")
        for _ in range(rounds):
            for load in loads:
                for name, (process, port) in routers.items():
                    samples[name, load].append(run(folder, process, port, load, seconds))
    finally:
        for process in reversed(started):
            stop(process)
    return samples


def start_upstream(folder: Path) -> subprocess.Popen[bytes]:
    """Compile and start the web app."""
    binary = folder / "upstream"
    subprocess.run(["cc", "-O2", "-o", str(binary), str(BACKENDS / "upstream.c")], check=True)
    return subprocess.Popen(["taskset", "-c", "1", str(binary), str(DYNO_PORT), *DYNOS])


def start_router(folder: Path, name: str, port: int) -> subprocess.Popen[bytes]:
    """Start a router on the first core; what it prints is its log."""
    own = folder / name
    own.mkdir()
    own.chmod(0o777)
    out = (own / "stdout.log").open("wb")
    return subprocess.Popen(
        ["taskset", "-c", "0", *PEERS[name].command(own, port)], stdout=out, stderr=subprocess.STDOUT
    )


def wait_for(port: int, log: Path) -> None:
    """Until the router answers; if it does not, its own words say why."""
    end = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/small", timeout=2).read()
            return
        except (OSError, urllib.error.URLError):
            if time.monotonic() > end:
                raise SystemExit(f"no answer on port {port}:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def run(folder: Path, router: subprocess.Popen[bytes], port: int, load: str, seconds: int) -> Sample:
    """One load on one router."""
    path, connections, script = LOADS[load]
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in HEADERS:
        command += ["-H", header]
    if script:
        (folder / f"{load}.lua").write_text(script)
        command += ["-s", str(folder / f"{load}.lua")]
    before = cpu_seconds(router.pid)
    out = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True)
    used = cpu_seconds(router.pid) - before
    done = int(re.search(r"(\d+) requests in", out.stdout)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out.stdout)[1])  # type: ignore[index]
    return Sample(rate, used * 1e6 / max(done, 1), p99_ms(out.stdout), failures(out.stdout))


def cpu_seconds(pid: int) -> float:
    """CPU of a process and its children so far."""
    root = psutil.Process(pid)
    return sum(times.user + times.system for times in (p.cpu_times() for p in (root, *root.children(True))))


def p99_ms(text: str) -> float:
    """What wrk prints as its 99th percentile."""
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def failures(text: str) -> int:
    """Socket errors and answers that are no success."""
    sockets = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    status = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return sum(map(int, sockets.groups() if sockets else ())) + (int(status[1]) if status else 0)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process we started, and its children."""
    children = psutil.Process(process.pid).children(True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in children:
        if child.is_running():
            child.kill()


def table(samples: dict[tuple[str, str], list[Sample]], peers: list[str], loads: list[str]) -> str:
    """Markdown: medians, and ratios of CPU efficiency taken round by round."""
    rows = [
        "| load | router | CPU us/request | requests/s | p99 ms | failed | efficiency, haproxy = 1 | nginx = 1 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for load in loads:
        for name in peers:
            own = samples[name, load]
            middle = [statistics.median(getattr(s, key) for s in own) for key in ("cpu_us", "rate", "p99_ms")]
            ratios = " | ".join(ratio(own, samples.get((other, load))) for other in ("haproxy", "nginx"))
            failed = sum(sample.failed for sample in own)
            rows.append(
                f"| {load} | {name} | {middle[0]:.1f} | {middle[1]:.0f} | {middle[2]:.1f} | {failed} | {ratios} |"
            )
    return "\n".join(rows)


def ratio(own: list[Sample], other: list[Sample] | None) -> str:
    """Median of other's CPU over ours, paired by round."""
    if not other:
        return "-"
    return f"{statistics.median(b.cpu_us / a.cpu_us for a, b in zip(own, other, strict=True)):.2f}"


if __name__ == "__main__":
    main()
