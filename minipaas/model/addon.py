"""Add-ons: which services there are, how one is named, and which config vars its attachments set. Pure."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from minipaas.errors import UsageProblem
from minipaas.model.app import AddonWish


class Chance(Protocol):
    """A `random.Random`, as far as names are drawn with it."""

    def randrange(self, stop: int, /) -> int:
        """0 to below `stop`."""

    def getrandbits(self, k: int, /) -> int:
        """So many random bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of add-on.

    `word` begins the names of its add-ons. `first` is the attachment of an app's first one; `coloured` begins the
    attachments of later ones, of which the first has one too where `always_coloured`. `process` is who speaks in the
    app's log: `app[heroku-postgres]`.
    """

    name: str
    aliases: tuple[str, ...]
    word: str
    plan: str
    first: str
    coloured: str
    always_coloured: bool
    process: str


POSTGRESQL = Service(
    name="heroku-postgresql",
    aliases=("postgresql", "postgres", "heroku-postgres"),
    word="postgresql",
    plan="essential-0",
    first="DATABASE",
    coloured="HEROKU_POSTGRESQL",
    always_coloured=True,
    process="heroku-postgres",
)
REDIS = Service(
    name="heroku-redis",
    aliases=("redis", "heroku-key-value-store", "key-value-store"),
    word="redis",
    plan="mini",
    first="REDIS",
    coloured="HEROKU_REDIS",
    always_coloured=False,
    process="heroku-redis",
)
SERVICES = (POSTGRESQL, REDIS)

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_PLAN = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Attachment:
    """An add-on's place in an app: `DATABASE`, which sets `DATABASE_URL`."""

    name: str
    config_vars: tuple[str, ...]

    @classmethod
    def named(cls, name: str) -> "Attachment":
        """That of a service with one URL."""
        return cls(name, (f"{name}_URL",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Addon:
    """One add-on of an app. `plan` is the word after the colon; every plan runs the same server here."""

    id: str
    name: str
    service: str
    plan: str
    attachments: tuple[Attachment, ...]

    @property
    def plan_name(self) -> str:
        """`heroku-postgresql:essential-0`, as Heroku writes it."""
        return f"{self.service}:{self.plan}"

    @property
    def config_vars(self) -> tuple[str, ...]:
        """Every config var it sets."""
        return tuple(var for attachment in self.attachments for var in attachment.config_vars)


def service_named(name: str) -> Service:
    """A service by its name or an alias, in any case.

    Raises:
        UsageProblem: there is none; the hint names those there are.
    """
    wanted = name.strip().lower()
    for service in SERVICES:
        if wanted in (service.name, *service.aliases):
            return service
    known = ", ".join(service.name for service in SERVICES)
    raise UsageProblem(f"there is no add-on service `{name.strip()}` here", f"there are {known}")


def parse_plan(text: str) -> tuple[Service, str]:
    """`heroku-postgresql:mini`, or the service alone, to the service and its plan.

    Raises:
        UsageProblem: no such service, or the plan is no word.
    """
    name, colon, plan = text.partition(":")
    service = service_named(name)
    plan = plan.strip().lower() if colon else service.plan
    if not _PLAN.fullmatch(plan):
        raise UsageProblem(f"`{text}` names no plan of {service.name}", f"write `{service.name}:{service.plan}`")
    return service, plan


def parse_alias(text: str) -> str:
    """The name an attachment is wished under, in capitals.

    Raises:
        UsageProblem: it cannot begin the name of a config var.
    """
    name = text.strip().upper()
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            f"an add-on cannot be attached as `{text}`", "a letter first, then letters, digits and underscores"
        )
    return name


def missing_wishes(wishes: Iterable[AddonWish], having: Iterable[Addon]) -> list[AddonWish]:
    """The wishes that none of the add-ons fulfils yet, each of which fulfils one.

    An add-on fulfils a wish for its service under the wished name, or, where none is wished, under the name its
    service gives.

    Raises:
        UsageProblem: a wish names no service.
    """
    free = list(having)
    missing = []
    for wish in wishes:
        service, _ = parse_plan(wish.plan)
        found = next((addon for addon in free if _fulfils(addon, service, wish.alias)), None)
        if found is None:
            missing.append(wish)
        else:
            free.remove(found)
    return missing


def _fulfils(addon: Addon, service: Service, alias: str | None) -> bool:
    names = {attachment.name for attachment in addon.attachments}
    if addon.service != service.name:
        return False
    if alias is None:
        return any(name == service.first or name.startswith(f"{service.coloured}_") for name in names)
    return parse_alias(alias) in names


def make_addon(wish: AddonWish, having: Sequence[Addon], taken_names: Iterable[str], rng: Chance) -> Addon:
    """A new add-on with a name and attachments nobody has.

    Args:
        having: the app's other add-ons.
        taken_names: names of add-ons anywhere on this platform.

    Raises:
        UsageProblem: no such service, or the wished name is taken or no name.
    """
    service, plan = parse_plan(wish.plan)
    attached = {attachment.name for addon in having for attachment in addon.attachments}
    names = _attachment_names(service, wish.alias, attached, rng)
    return Addon(
        id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        name=_new(lambda: f"{service.word}-{_one(_ADJECTIVES, rng)}-{10_000 + rng.randrange(90_000)}", taken_names),
        service=service.name,
        plan=plan,
        attachments=tuple(Attachment.named(name) for name in names),
    )


def _attachment_names(service: Service, alias: str | None, attached: set[str], rng: Chance) -> list[str]:
    if alias is not None:
        name = parse_alias(alias)
        if name in attached:
            raise UsageProblem(f"cannot attach {service.name} as {name}: the name is taken")
        return [name]
    names = [] if service.first in attached else [service.first]
    if service.always_coloured or not names:
        names.append(_new(lambda: f"{service.coloured}_{_one(_COLOURS, rng)}", attached))
    return names


def _new(draw: Callable[[], str], taken: Iterable[str]) -> str:
    known = set(taken)
    for _ in range(1000):
        name = draw()
        if name not in known:
            return name
    raise UsageProblem("cannot name another add-on: every colour is taken", "give it a name of its own with `as`")


def _one(words: Sequence[str], rng: Chance) -> str:
    return words[rng.randrange(len(words))]


# fmt: off
_ADJECTIVES = (
    "acute", "angular", "arched", "bent", "broad", "bumpy", "circular", "coiled", "compact", "concave", "convex",
    "cubic", "curved", "curly", "deep", "dense", "domed", "elliptical", "even", "fitted", "flat", "folded",
    "graceful", "hexagonal", "hollow", "horizontal", "knotted", "layered", "level", "looped", "narrow",
    "octagonal", "oval", "parallel", "pleated", "pointed", "polished", "rigid", "round", "rugged", "shallow",
    "sinuous", "slender", "smooth", "solid", "spherical", "spiral", "square", "steep", "straight", "symmetrical",
    "tapered", "thin", "triangular", "twisted", "upright", "vertical", "wavy", "wide",
)
# fmt: on
# fmt: off
_COLOURS = (
    "AMBER", "AQUA", "BLACK", "BLUE", "BRONZE", "BROWN", "CHARCOAL", "COBALT", "COPPER", "CRIMSON", "CYAN",
    "GOLD", "GRAY", "GREEN", "IVORY", "JADE", "MAROON", "MAUVE", "NAVY", "OLIVE", "ONYX", "ORANGE", "PINK",
    "PUCE", "PURPLE", "RED", "ROSE", "SILVER", "TEAL", "VIOLET", "WHITE", "YELLOW",
)
# fmt: on
