"""What `minipaas.yml` says: several apps, hosts, runtime, router, shortened limits, the rules' budgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from minipaas.limits import Limits
from minipaas.model.app import FormationEntry


class RuntimeChoice(StrEnum):
    """Where dynos run; `auto` takes the sandbox where the machine allows it, else the process runtime."""

    AUTO = "auto"
    SANDBOX = "sandbox"
    PROCESS = "process"
    DOCKER = "docker"
    SWARM = "swarm"


class RouterChoice(StrEnum):
    """How the router picks a dyno."""

    ROUND_ROBIN = "round-robin"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEntry:
    """One app of several. `path` is as written, relative to the file's folder; `uses` are names of other entries."""

    path: str
    uses: tuple[str, ...] = ()
    buildpacks: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    formation: Mapping[str, FormationEntry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A finding a team lives with, why, and the last day it does (None: always)."""

    code: str
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Budgets of the verdicts, in seconds, stricter than Heroku's own limits; and what is suppressed."""

    #: Rule two: from start to a bound $PORT, and from SIGTERM to the end of all processes.
    boot_s: float = 10
    exit_s: float = 10
    #: Rule three: the slowest request, and the 95th percentile (over it is a warning).
    request_s: float = 5
    p95_s: float = 0.5
    suppress: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFile:
    """The whole file; what it does not mention has the value it has without a file. `hosts` None: not said.

    `stack` is an image or `local`, as `--stack` takes it; empty: Heroku's.
    """

    apps: Mapping[str, AppEntry] = field(default_factory=dict)
    hosts: int | None = None
    runtime: RuntimeChoice = RuntimeChoice.AUTO
    stack: str = ""
    router: RouterChoice = RouterChoice.ROUND_ROBIN
    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)


def url_variable(app: str) -> str:
    """The config var in which a user of `app` finds its URL: `my-shop` gives `MY_SHOP_URL`."""
    return f"{app.upper().replace('-', '_')}_URL"
