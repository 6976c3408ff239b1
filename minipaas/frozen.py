"""`@frozen`: a frozen dataclass with slots that costs next to nothing until it is used.

The standard library's decorator compiles six methods of every class when its module loads, some 0.3 ms a class,
which `up` pays for each before the first dyno starts. Here all classes share what is the same for all, and a class
compiles its `__init__` when it has made some objects. `dataclasses.fields`, `replace` and `asdict` work as ever.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")

#: Objects a class makes field by field, which takes some microseconds each; compiling takes as long as ten of them.
FEW = 3


@overload
def frozen(cls: type[T], /) -> type[T]: ...


@overload
def frozen(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Any] | None = None, /, *, kw_only: bool = False) -> Any:
    """`dataclass(frozen=True, slots=True)` for a class with fields and no parent; there is no `__post_init__`.

    Give it a docstring: for a class without one the standard library makes one up, which takes a millisecond.
    """

    def make(cls: type[Any]) -> type[Any]:
        return _completed(dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls))

    return make if cls is None else make(cls)


def _completed(cls: Any) -> type[Any]:
    made = 0

    def one_of_few(self: object, *args: object, **kwargs: object) -> None:
        nonlocal made
        made += 1
        if made > FEW or not _filled(self, args, kwargs):
            cls.__init__ = _initializer(cls)
            cls.__init__(self, *args, **kwargs)

    content = operator.attrgetter(*(each.name for each in fields(cls)))

    def equal(self: object, other: object) -> bool:
        return content(self) == content(other) if other.__class__ is self.__class__ else NotImplemented

    methods = {
        "__init__": one_of_few,
        "__eq__": equal,
        "__hash__": lambda self: hash(content(self)),
        "__repr__": _shown,
        "__setattr__": _refused,
        "__delattr__": _refused,
        "__getstate__": _state,
        "__setstate__": _restored,
    }
    own = vars(cls)
    for name, method in methods.items():
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(cls, name, method)
    return cls  # type: ignore[no-any-return]


def _filled(self: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> bool:
    """Set each field; False where the arguments do not fit, which the compiled method tells in Python's own words."""
    known = fields(self)
    given = dict(zip((each.name for each in known if not each.kw_only), args, strict=False)) | kwargs
    if len(given) < len(args) + len(kwargs):
        return False
    for each in known:
        if each.name in given:
            value = given.pop(each.name)
        elif each.default is not MISSING:
            value = each.default
        elif each.default_factory is not MISSING:
            value = each.default_factory()
        else:
            return False
        object.__setattr__(self, each.name, value)
    return not given


def _initializer(cls: type[Any]) -> Any:
    known: dict[str, object] = {"_MISSING": MISSING}
    parameters = sorted(fields(cls), key=lambda each: each.kw_only is True)
    words = list(_parameters(parameters, known))
    lines = [f"  _set_{each.name}(self, {_value(each)})" for each in parameters]
    for each in parameters:
        known[f"_set_{each.name}"] = getattr(cls, each.name).__set__
    exec(f"def __init__({', '.join(['self', *words])}):\n" + "\n".join(lines), known)
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"  # type: ignore[attr-defined]
    return known["__init__"]


def _parameters(parameters: list[Field[Any]], known: dict[str, object]) -> Iterator[str]:
    starred = False
    for each in parameters:
        if each.kw_only and not starred:
            starred = True
            yield "*"
        if each.default is MISSING and each.default_factory is MISSING:
            yield each.name
            continue
        known[f"_default_{each.name}"], known[f"_make_{each.name}"] = each.default, each.default_factory
        yield f"{each.name}=_default_{each.name}"


def _value(each: Field[Any]) -> str:
    if each.default_factory is MISSING:
        return each.name
    return f"_make_{each.name}() if {each.name} is _MISSING else {each.name}"


def _shown(self: Any) -> str:
    values = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self))
    return f"{type(self).__qualname__}({values})"


def _refused(_self: object, name: str, *_value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot change the field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, each.name) for each in fields(self)]


def _restored(self: Any, state: list[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
