"""Config vars as commands and clients give them: which names and values may be, and what a change of them makes."""

import re
from collections.abc import Collection, Iterable, Mapping

from minipaas.errors import UsageProblem
from minipaas.limits import CONFIG_VARS_BYTES
from minipaas.parse.wording import quoted, sound

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: The platform sets these in each dyno, whatever the config vars say.
OVERRIDDEN = ("DYNO", "PORT")


def parse_assignments(words: Iterable[str]) -> dict[str, str]:
    """`A=1 B=two` to config vars; of a name given twice the last counts.

    Raises:
        UsageProblem: there is none, or one is not NAME=VALUE.
    """
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            # Not shown in full: it may be the second half of a secret with a blank in it.
            shown = word if _NAME.fullmatch(word) and len(word) <= 40 else f"{word[:3]}..."
            raise UsageProblem(f"{shown} is invalid: must be in the format FOO=bar", "quote a value with blanks")
        values[name] = value
    if not values:
        raise UsageProblem("cannot set config vars: none is given", "`minipaas config:set NAME=value`")
    check(values)
    return values


def check(change: Mapping[str, object]) -> dict[str, str | None]:
    """The same as names and values, None for what is to be unset.

    Raises:
        UsageProblem: a name or a value that cannot be; values are never shown.
    """
    checked: dict[str, str | None] = {}
    for name, value in change.items():
        if not _NAME.fullmatch(name):
            raise UsageProblem(
                f"{quoted(name)} cannot be the name of a config var", "use A-Z, a-z, 0-9 and _, no digit first"
            )
        if name.startswith("__"):
            raise UsageProblem(f"{quoted(name)} cannot be the name of a config var: it begins with two underscores")
        if value is not None and not isinstance(value, str):
            raise UsageProblem(f"the value of {name} must be text, or null to unset it")
        if value is not None and not sound(value):
            raise UsageProblem(f"the value of {name} holds a character no program can be given")
        checked[name] = value
    return checked


def applied(
    current: Mapping[str, str], change: Mapping[str, str | None], attached: Collection[str]
) -> dict[str, str]:
    """The config vars after a change.

    Args:
        attached: names that add-ons set, which nobody else may change.

    Raises:
        UsageProblem: an add-on sets one of them, or there is more data than Heroku takes (32 kB).
    """
    taken = [name for name, value in change.items() if name in attached and current.get(name) != value]
    if taken:
        raise UsageProblem(
            f"cannot overwrite attachment values {', '.join(taken)}",
            "an add-on sets them; `minipaas addons:detach` takes it away",
        )
    after = {name: value for name, value in current.items() if change.get(name, value) is not None}
    after |= {name: value for name, value in change.items() if value is not None}
    size = sum(len(name) + len(value.encode()) for name, value in after.items())
    if after != current and size > CONFIG_VARS_BYTES:
        raise UsageProblem(
            f"the config vars would take {size} bytes together, Heroku's limit is {CONFIG_VARS_BYTES}",
            "keep large values in a file of the app, or in an add-on",
        )
    return after
