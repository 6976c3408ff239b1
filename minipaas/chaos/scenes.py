"""Writes of a plan taken apart to be played again: what must go before, where an effect would show. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from minipaas.chaos.markers import Marker, picture, text_marker
from minipaas.chaos.plan import Call, Place, Plan, Step, Submit, Tell, Visit, typed, witness, writes

#: Pages looked at for the effect of one write.
_MOST_READS = 5
#: Serial numbers of the markers of repeated writes begin here: discovery stays below.
_FIRST_SERIAL = 4000
_PNG = b"\x89PNG\r\n\x1a\n"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """One write: index into the plan, the steps before it, the steps that read afterwards."""

    write: int
    before: tuple[int, ...]
    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """A scene with markers of its own. `steps` are (number, step): before, the write, then the reads."""

    label: str
    before: tuple[tuple[int, Step], ...]
    write: tuple[int, Step]
    reads: tuple[tuple[int, Step], ...]
    own: tuple[str, ...]


def scenes(plan: Plan, most: int) -> tuple[Scene, ...]:
    """One scene for each form or call that makes something, in the plan's order."""
    found: dict[str, Scene] = {}
    for index in plan.quick:
        step = plan.steps[index]
        if writes(step) and not _sets_up(step) and step.label not in found and len(found) < most:
            found[step.label] = _scene(plan, index)
    return tuple(found.values())


def _sets_up(step: Step) -> bool:
    return isinstance(step, Tell) or (isinstance(step, Submit | Call) and (step.session or step.destructive))


def _scene(plan: Plan, write: int) -> Scene:
    reads = tuple(_reads_after(plan, write))
    needed = {index for read in (write, *reads) for index in witness(plan, write, read) if index < write}
    return Scene(write, tuple(sorted(needed)), reads)


def _reads_after(plan: Plan, write: int) -> Iterator[int]:
    """What the same client looks at before the next write, each page once."""
    seen: list[Step] = []
    for index in plan.quick:
        step = plan.steps[index]
        if index <= write or step.client != plan.steps[write].client or step in seen:
            continue
        if writes(step) or len(seen) == _MOST_READS:
            return
        if isinstance(step, Visit | Call):
            seen.append(step)
            yield index


def copy_of(plan: Plan, scene: Scene, number: int) -> Copy:
    """The scene once more, as if another user did it.

    Args:
        number: from 0, never used before against the same backing services.
    """
    offset = (number + 1) * len(plan.steps)
    indices = (*scene.before, scene.write, *scene.reads)
    tokens = _fresh(plan, indices, number)
    names = _captures(plan, indices, number)
    steps = {index: (offset + index, _renamed(plan.steps[index], tokens, names, offset)) for index in indices}
    write = plan.steps[scene.write]
    own = tuple(tokens[marker.token] for marker in typed(write) if marker.token in tokens)
    return Copy(
        label=write.label,
        before=tuple(steps[index] for index in scene.before),
        write=steps[scene.write],
        reads=tuple(steps[index] for index in scene.reads),
        own=own,
    )


def _fresh(plan: Plan, indices: Sequence[int], number: int) -> dict[str, str]:
    """New tokens for all words; numbers stay, a field may not take others."""
    old = dict.fromkeys(
        marker.token for index in indices for marker in typed(plan.steps[index]) if not marker.is_number
    )
    first = _FIRST_SERIAL + number * 97
    return {token: text_marker(first + at).token for at, token in enumerate(old)}


def _captures(plan: Plan, indices: Sequence[int], number: int) -> dict[str, str]:
    calls = [step for index in indices if isinstance(step := plan.steps[index], Call)]
    return {name: f"{name}_{number}" for call in calls for name in call.captures}


def _renamed(value: T, tokens: Mapping[str, str], names: Mapping[str, str], offset: int) -> T:
    """A copy with other tokens, other names of captured values, later landings."""
    made: Any = value
    if isinstance(value, Marker):
        made = Marker(tokens.get(value.token, value.token))
    elif isinstance(value, str):
        made = _text(value, tokens, names)
    elif isinstance(value, bytes):
        made = _bytes(value, tokens)
    elif isinstance(value, Mapping):
        made = {names.get(key, key): _renamed(each, tokens, names, offset) for key, each in value.items()}
    elif isinstance(value, tuple | list):
        made = type(value)(_renamed(each, tokens, names, offset) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: _renamed(getattr(value, field.name), tokens, names, offset) for field in fields(value)}
        made = replace(value, **inner)
        if isinstance(made, Place) and made.landing is not None:
            made = replace(made, landing=made.landing + offset)
    return made  # type: ignore[no-any-return]


def _text(text: str, tokens: Mapping[str, str], names: Mapping[str, str]) -> str:
    for old, new in tokens.items():
        text = text.replace(old, new)
    for old, new in names.items():
        text = text.replace(f"{{{old}}}", f"{{{new}}}")
    return text


def _bytes(content: bytes, tokens: Mapping[str, str]) -> bytes:
    for old, new in tokens.items():
        if old.encode() in content:
            content = (
                picture(Marker(new)) if content.startswith(_PNG) else content.replace(old.encode(), new.encode())
            )
    return content
