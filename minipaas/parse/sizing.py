"""`standard-2x`, `web=standard-2x worker=basic`: the words of `ps:type`."""

import re
from collections.abc import Collection, Sequence

from minipaas.errors import UsageProblem
from minipaas.model.dyno import TYPE_PATTERN
from minipaas.parse.dyno_size import KNOWN, find_size
from minipaas.parse.scale import ScaleChange
from minipaas.parse.wording import did_you_mean, listed, quoted

_PAIR = re.compile(rf"({TYPE_PATTERN})=([A-Za-z0-9_-]+)")
_FORM = "write `standard-2x` for all process types, or `web=standard-2x worker=basic`"


def parse_sizing(words: Sequence[str], types: Collection[str]) -> tuple[ScaleChange, ...]:
    """The size each process type is to have; one word without `=` is meant for all `types`.

    Raises:
        UsageProblem: a word of another form, an unknown size, or a process type that is not among `types`.
    """
    if len(words) == 1 and "=" not in words[0]:
        return tuple(_change(type_, words[0]) for type_ in types)
    return tuple(_pair(word, types) for word in words)


def _pair(word: str, types: Collection[str]) -> ScaleChange:
    found = _PAIR.fullmatch(word)
    if found is None:
        raise UsageProblem(f"cannot read {quoted(word)}", _FORM)
    if found[1] not in types:
        hint = did_you_mean(found[1], types) or f"process types: {listed(types)}"
        raise UsageProblem(f"cannot resize {quoted(found[1])}: the app has no such process type", hint)
    return _change(found[1], found[2])


def _change(type_: str, name: str) -> ScaleChange:
    size = find_size(name)
    if size is None:
        hint = did_you_mean(name.lower(), KNOWN) or f"sizes: {listed(KNOWN)}"
        raise UsageProblem(f"cannot resize {quoted(type_)} to {quoted(name)}: there is no such size", hint)
    return ScaleChange(type_, size=size)
