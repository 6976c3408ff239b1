"""`run`: a command in a dyno of its own, on the release that runs now."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minipaas.control.app import RunningApp
from minipaas.control.phase import run_of
from minipaas.errors import UsageProblem
from minipaas.formation import words
from minipaas.formation.oneoff import Errand, OneOff
from minipaas.model.dyno import DEFAULT_SIZE, Size
from minipaas.runtime.base import Terminal

#: What a one-off dyno is called when nobody asks for another type.
ONE_OFF_TYPE = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asked for. `size` None is that of the process type `command` begins with, or the default.

    `limit_s` None is a day and what a dyno's cycling adds to it (DC:dyno-restarts).
    """

    command: str
    type: str = ONE_OFF_TYPE
    size: Size | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    attach: bool = False
    terminal: Terminal | None = None
    limit_s: float | None = None


def make_one_off(app: RunningApp, wish: Wish) -> OneOff:
    """A dyno that does it; one that is not attached begins at once.

    Raises:
        UsageProblem: nothing is deployed, or too many run.
    """
    slug, release = app.slug, app.record.current
    if slug is None or release is None:
        raise UsageProblem(f"cannot run anything on {app.name}: nothing is deployed yet", "`minipaas up` deploys it")
    kit = app.kit
    cycle = kit.limits.cycle_s + kit.rng.random() * kit.limits.cycle_jitter_s
    errand = Errand(
        type=wish.type,
        command=words.command_of(wish.command, slug.process_types),
        told=wish.command,
        limit_s=wish.limit_s or cycle,
        size=wish.size or _size_of(app, wish.command),
        env=wish.env,
        attach=wish.attach,
        terminal=wish.terminal,
    )
    app.dynos.one_offs.check_room(errand.size)
    app.say(f"Starting process with command `{wish.command}`")
    one_off = app.dynos.one_offs.make(errand, run_of(slug, release))
    if not wish.attach:
        one_off.begin()
    return one_off


def _size_of(app: RunningApp, command: str) -> Size:
    entry = app.record.formation.get(command.partition(" ")[0])
    return entry.size if entry else DEFAULT_SIZE
