"""The dyno manager's sentences, in Heroku's own words, and the environment of a dyno. Pure."""

import re
from collections.abc import Mapping, Sequence

from minipaas.model.dyno import DynoName, DynoState, Size
from minipaas.runtime.base import Listener

_PORT = re.compile(r"\$(?:PORT\b|\{PORT(?::?[-=+?][^}]*)?\})")


def starting(command: str, port: int) -> str:
    """`$PORT` is told as its number, as Heroku does."""
    return f"Starting process with command `{_PORT.sub(str(port), command)}`"


def changed(before: DynoState, after: DynoState) -> str:
    """An idle dyno is told as down, as Heroku does."""
    idle_as_down = {DynoState.IDLE: DynoState.DOWN}
    return f"State changed from {idle_as_down.get(before, before)} to {idle_as_down.get(after, after)}"


def exited(status: int) -> str:
    """128 + n for signal n."""
    return f"Process exited with status {status}"


def boot_timeout(limit_s: float) -> str:
    """R10."""
    return f"Error R10 (Boot timeout) -> Web process failed to bind to $PORT within {limit_s:g} seconds of launch"


def bound_elsewhere(listeners: Sequence[Listener], port: int) -> str | None:
    """What the process listens on instead of $PORT; None when it listens on nothing. No line of Heroku's."""
    if not listeners:
        return None
    seen = ", ".join(f"{_endpoint(each)}{f' ({each.command})' if each.command else ''}" for each in listeners[:5])
    only_loopback = any(each.port == port for each in listeners)
    advice = "bind 0.0.0.0, not only loopback" if only_loopback else f"bind 0.0.0.0:$PORT (it was {port})"
    return f"Web process listens on {seen} instead: {advice}"


def _endpoint(listener: Listener) -> str:
    address = f"[{listener.address}]" if ":" in listener.address else listener.address
    return f"{address}:{listener.port}"


def exit_timeout(limit_s: float) -> str:
    """R12."""
    return f"Error R12 (Exit timeout) -> At least one process failed to exit within {limit_s:g} seconds of SIGTERM"


def memory_use(used_bytes: int, size: Size) -> str:
    """`Process running mem=524M(102.5%)`."""
    return f"Process running mem={used_bytes // 2**20}M({used_bytes / size.memory_bytes:.1%})"


def completed(before: DynoState) -> str:
    """The end of a one-off dyno."""
    return f"State changed from {before} to complete"


def command_of(wanted: str, commands: Mapping[str, str]) -> str:
    """`worker 42` as `python work.py 42` where `worker` is a process type (DC:one-off-dynos), else as it is."""
    word, space, rest = wanted.partition(" ")
    return f"{commands[word]}{space}{rest}" if word in commands else wanted


AWAITING_CLIENT = "Awaiting client"
R13 = "Error R13 (Attach error) -> Failed to attach to process"
R16 = (
    "Error R16 (Detached) -> "
    "An attached process is not responding to SIGHUP after its external connection was closed."
)
R14 = "Error R14 (Memory quota exceeded)"
R15 = "Error R15 (Memory quota vastly exceeded)"
SIGTERM_ALL = "Stopping all processes with SIGTERM"
SIGKILL_REST = "Stopping remaining processes with SIGKILL"
SIGKILL = "Stopping process with SIGKILL"
RESTARTING = "Restarting"
CYCLING = "Cycling"
IDLING = "Idling"
UNIDLING = "Unidling"


def relocating(before: str, after: str) -> str:
    """Heroku tells a relocation as a plain restart; the hosts are named because here they can be seen."""
    return f"Relocating from host {before} to host {after}"


def host_lost(name: str) -> str:
    """Heroku has no line for it."""
    return f"Host {name} failed"


def cooling_off(seconds: float) -> str:
    """Heroku has no line for it; without one a learner waits and does not know for what."""
    return f"Crashed again, next start in {seconds / 60:.0f} minutes (`minipaas ps:restart` starts it now)"


def environment(config: Mapping[str, str], name: DynoName, port: int) -> dict[str, str]:
    """Config vars under what the platform sets: DYNO and PORT cannot be overridden."""
    return {**config, "DYNO": str(name), "PORT": str(port)}
