"""A dyno's restart beside `docker restart` of the same app with a real engine, beyond the app's own boot.

    python -m bench.docker_restart [--rounds 15]

The container shares the machine's network, which spares Docker the making of its own; its image holds this
machine's own Python. Both sides are asked by their command and by their API, and count until the new life answers.
Docker stops before it starts, minipaas starts beside and then stops. The engine is the bench's own, with its state
in a folder of its own, and is gone at the end.
"""

import argparse
import http.client
import os
import socket
import statistics
from collections.abc import Callable
from pathlib import Path

from bench import apps, peers
from bench.engine import IMAGE, CannotRunError, Engine, engine, make_image
from bench.platform import Platform, running, scratch
from bench.restarting import own_boot, restart
from bench.table import heading, ms, table, verdict
from bench.waiting import free_port, until_ok

APP = "app"
BAR = 0.2
_STOP_S = 10

Restart = Callable[[], float]


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=15)
    rounds = words.parse_args().rounds
    print(heading(f"python -m bench.docker_restart --rounds {rounds}"), end="\n\n")
    with scratch() as folder:
        source = apps.unbuilt(folder / APP, apps.PLAIN)
        with running(peers.minipaas(), folder / "home", source, "--formation", "web=1") as platform:
            try:
                with engine(folder / "engine") as docker:
                    print(beside_docker(platform, docker, source, folder, rounds))
            except CannotRunError as problem:
                print(table(("restart", "result"), [("docker", f"cannot run here: {problem}")]))


def beside_docker(platform: Platform, docker: Engine, source: Path, folder: Path, rounds: int) -> str:
    """Everything in turn, `rounds` times."""
    port = free_port()
    make_image(docker, source, folder)
    name = docker.docker(
        *("run", "-d", "--network", "host", "--init=false", "-e", f"PORT={port}", "-e", "BIND=127.0.0.1"),
        *("-w", "/app", IMAGE, "/usr/bin/python3", "server.py"),
    )
    until_ok("127.0.0.1", port)
    try:
        samples = measure(platform, docker, source, (name, port), rounds)
    finally:
        docker.docker("rm", "-f", name)
    return told(samples)


def measure(
    platform: Platform, docker: Engine, source: Path, container: tuple[str, int], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each way to restart, and of the app's own boot."""
    name, port = container
    host = f"{APP}.localhost"

    def ours(ask: Callable[[], object]) -> Restart:
        return lambda: restart(platform.port, host, ask)

    def theirs(ask: Callable[[], object]) -> Restart:
        return lambda: restart(port, "localhost", ask)

    ways: dict[str, Restart] = {
        "own boot": lambda: own_boot(source),
        "minipaas, API": ours(lambda: platform.call("DELETE", f"/apps/{APP}/dynos/web.1")),
        "docker, API": theirs(lambda: _post(docker.socket, f"/containers/{name}/restart?t={_STOP_S}")),
        "minipaas ps:restart": ours(lambda: platform.cli("ps:restart", "web.1", "-a", APP)),
        "docker restart": theirs(lambda: docker.docker("restart", "-t", str(_STOP_S), name)),
    }
    samples: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, run in ways.items():
            took = run()
            if number:
                samples[way].append(took)
    return samples


def _post(path: Path, url: str) -> None:
    """Ask the engine without its command."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # A socket's path may have 107 bytes only.
    folder = os.open(path.parent, os.O_DIRECTORY | os.O_RDONLY)
    try:
        connection.sock.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    connection.request("POST", url)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status >= 300:
        raise CannotRunError(f"POST {url}: {answer.status} {said!r}")


def told(samples: dict[str, list[float]]) -> str:
    """The table: medians, less the median of the app's own boot."""
    boot = statistics.median(samples["own boot"])
    beyond = {way: statistics.median(taken) - boot for way, taken in samples.items()}
    rows = []
    for way, taken in samples.items():
        against = {"minipaas, API": "docker, API", "minipaas ps:restart": "docker restart"}.get(way)
        share = beyond[way] / beyond[against] if against else 0.0
        cells = (f"{share:.2f}", verdict(share, BAR)) if against else ("", "")
        rows.append((way, ms(taken), f"{1000 * beyond[way]:.0f}" if way != "own boot" else "-", *cells))
    head = ("restart", "to the new life's first answer, ms", "beyond own boot, ms", "/ docker", "bar")
    return table(head, rows)


if __name__ == "__main__":
    main()
