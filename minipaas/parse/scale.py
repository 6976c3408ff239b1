"""`web=2 worker+1 web=2:standard-2x`: the words of `ps:scale`, and the value of `up --formation`.

Heroku's CLI takes `/^([\\w-]+)([=+-]\\d+)(?::([\\w-]+))?$/` and drops other words without telling (heroku/cli
src/commands/ps/scale.ts); here they are errors. `worker=+1` is allowed besides `worker+1`.
"""

import re
from collections.abc import Mapping, Sequence

from minipaas.errors import UsageProblem
from minipaas.frozen import frozen
from minipaas.limits import DYNOS_PER_APP
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import DEFAULT_SIZE, TYPE_PATTERN, Size
from minipaas.parse.dyno_size import KNOWN, find_size
from minipaas.parse.wording import did_you_mean, listed, quoted

_WORD = rf"({TYPE_PATTERN})(=|=?\+|=?-)([0-9]+)(?::([A-Za-z0-9_-]+))?"
_FORM = "write `web=2`, `worker+1`, `worker-1` or `web=2:standard-2x`"
_FORMATION_FORM = "write `web=2,worker=1`"


@frozen
class ScaleChange:
    """A wish about one process type: `quantity` dynos, or `delta` more, never both; `size` None keeps the size."""

    type: str
    quantity: int | None = None
    delta: int | None = None
    size: Size | None = None


def parse_scale(words: Sequence[str]) -> tuple[ScaleChange, ...]:
    """The changes in the order given.

    Raises:
        UsageProblem: a word of another form, an unknown size, or more dynos than an app may have.
    """
    return tuple(_change(word) for word in words)


def parse_formation(text: str) -> dict[str, FormationEntry]:
    """`web=2,worker=1:standard-2x` to a formation; a size not given is the default one.

    Raises:
        UsageProblem: as `parse_scale`; or a word that counts from a formation not there yet, a type given twice.
    """
    formation: dict[str, FormationEntry] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        change = _change(word)
        if change.quantity is None:
            raise UsageProblem(f"cannot read {quoted(word)}: this takes quantities only", _FORMATION_FORM)
        if change.type in formation:
            raise UsageProblem(f"cannot read {quoted(text)}: {quoted(change.type)} is given twice", _FORMATION_FORM)
        formation[change.type] = FormationEntry(change.quantity, change.size or DEFAULT_SIZE)
    if not formation:
        raise UsageProblem("cannot read the formation: it is empty", _FORMATION_FORM)
    return formation


def apply(current: Mapping[str, FormationEntry], changes: Sequence[ScaleChange]) -> dict[str, FormationEntry]:
    """The formation after all changes, one upon the other; `current` holds every process type, also those at 0.

    Raises:
        UsageProblem: a process type the app has not, less than no dynos, or more than an app may have.
    """
    after = dict(current)
    for change in changes:
        if change.type not in after:
            hint = did_you_mean(change.type, after) or f"process types: {listed(after)}"
            raise UsageProblem(f"cannot scale {quoted(change.type)}: the app has no such process type", hint)
        after[change.type] = _changed(after[change.type], change)
    total = sum(entry.quantity for entry in after.values())
    if changes and total > DYNOS_PER_APP:
        raise UsageProblem(f"cannot scale to {total} dynos: an app may have {DYNOS_PER_APP}")
    return after


def _changed(entry: FormationEntry, change: ScaleChange) -> FormationEntry:
    quantity = entry.quantity + (change.delta or 0) if change.quantity is None else change.quantity
    if quantity < 0:
        raise UsageProblem(f"cannot take {-(change.delta or 0)} from {quoted(change.type)}: it has {entry.quantity}")
    return FormationEntry(quantity, change.size or entry.size)


def _change(word: str) -> ScaleChange:
    found = re.fullmatch(_WORD, word)
    if found is None:
        raise UsageProblem(f"cannot read {quoted(word)}", _FORM)
    type_, sign, digits, size = found.groups()
    if len(digits) > 6 or int(digits) > DYNOS_PER_APP:
        raise UsageProblem(f"cannot scale {quoted(word)}: an app may have {DYNOS_PER_APP} dynos")
    number = int(digits)
    if sign == "=":
        return ScaleChange(type_, quantity=number, size=_size(size))
    return ScaleChange(type_, delta=number if sign.endswith("+") else -number, size=_size(size))


def _size(name: str | None) -> Size | None:
    if name is None:
        return None
    size = find_size(name)
    if size is None:
        raise UsageProblem(f"cannot scale to the size {quoted(name)}: there is none", f"sizes: {listed(KNOWN)}")
    return size
