"""What a platform is started with."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from minipaas.frozen import frozen
from minipaas.limits import Limits
from minipaas.model.app import FormationEntry
from minipaas.store.home import Home

#: `heroku local` uses it since macOS took 5000 for AirPlay (heroku/cli PR 2618).
DEFAULT_PORT = 5006


@frozen(kw_only=True)
class Settings:
    """One platform. `runtime` is auto, sandbox, process, docker or swarm; `policy` is round-robin or random."""

    home: Home
    runtime: str = "auto"
    #: Where a swarm's nodes pull slugs from, `HOST[:PORT][/PATH]`; empty: they go from engine to engine.
    registry: str = ""
    #: What containers are made of, as `--stack` has it; empty: Heroku's.
    stack: str = ""
    hosts: int = 3
    address: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    policy: str = "round-robin"
    limits: Limits = field(default_factory=Limits)
    #: Apps are told that clients come by https, as they do on Heroku.
    https: bool = False
    seed: int | None = None
    #: Where the router's traffic is recorded as HAR, absolute; None: nowhere.
    record: Path | None = None


@frozen(kw_only=True)
class AppSpec:
    """An app as `up` was asked to run it; what is empty is taken from the app's own files.

    `formation` goes before what the app was scaled to earlier. `uses` names apps whose URL it gets as `NAME_URL`.
    """

    name: str
    folder: Path
    buildpacks: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    formation: Mapping[str, FormationEntry] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    #: What was pushed: the folder is its export, and gone after the build. Empty: the folder is the user's own.
    commit: str = ""
