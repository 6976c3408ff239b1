"""Dyno sizes by the names users write, older ones and those of Private Spaces too."""

from minipaas.model.dyno import SIZES, Size

#: Sizes Heroku's app.json schema still allows, and ours with the same memory (DC:dyno-types).
_STAND_INS = {
    "free": "eco",
    "hobby": "basic",
    "private-s": "standard-2x",
    "private-m": "performance-m",
    "private-l": "performance-l",
    "shield-s": "standard-2x",
    "shield-m": "performance-m",
    "shield-l": "performance-l",
}
KNOWN = tuple(SIZES)


def find_size(name: str) -> Size | None:
    """The size of that name in any case, or the one that stands in for it; None when there is none."""
    lower = name.lower()
    return SIZES.get(_STAND_INS.get(lower, lower))


def is_stand_in(name: str) -> bool:
    """Whether another size runs in the place of this one."""
    return name.lower() in _STAND_INS
