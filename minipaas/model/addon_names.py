"""What add-ons and their attachments may be called, and the drawing of names. Pure."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from minipaas.errors import UsageProblem
from minipaas.model.service import Service


class Chance(Protocol):
    """A `random.Random`, as far as names are drawn with it."""

    def randrange(self, stop: int, /) -> int:
        """0 to below `stop`."""

    def getrandbits(self, k: int, /) -> int:
        """So many random bits."""


_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


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


_ADDON_NAME = re.compile(r"[a-z][a-z0-9-]{2,255}")


def parse_addon_name(text: str) -> str:
    """The name an add-on is wished to have.

    Raises:
        UsageProblem: it is none.
    """
    if not _ADDON_NAME.fullmatch(text):
        raise UsageProblem(
            f"an add-on cannot be named `{text}`",
            "a small letter first, then two or more small letters, digits, dashes",
        )
    return text


def draw_name(service: Service, taken: Iterable[str], rng: Chance) -> str:
    """`postgresql-curved-12345`, which nobody has."""
    return _new(lambda: f"{service.word}-{_one(_ADJECTIVES, rng)}-{10_000 + rng.randrange(90_000)}", taken)


def draw_attachment(service: Service, taken: Iterable[str], rng: Chance) -> str:
    """`HEROKU_POSTGRESQL_TEAL`, which no other attachment of the app has.

    Raises:
        UsageProblem: every colour is taken.
    """
    return _new(lambda: f"{service.coloured}_{_one(_COLOURS, rng)}", taken)


def draw_id(rng: Chance) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _new(draw: Callable[[], str], taken: Iterable[str]) -> str:
    known = set(taken)
    for _ in range(1000):
        name = draw()
        if name not in known:
            return name
    raise UsageProblem("cannot name another add-on: every colour is taken", "give it a name of its own with `--as`")


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
