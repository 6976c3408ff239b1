"""`@frozen` behaves as `dataclass(frozen=True, slots=True)` does, and compiles nothing before it is worth it."""

import copy
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from minipaas.frozen import FEW, frozen


@frozen
class Point:
    x: int
    y: int = 0
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def far(self) -> bool:
        return self.x > 100


@dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


@frozen(kw_only=True)
class Named:
    name: str
    size: tuple[int, ...] = ()
    also: str | None = None


@frozen
class Mixed:
    first: int
    second: int = field(kw_only=True)
    third: int = 3


@frozen
class Spoken:
    word: str

    def __str__(self) -> str:
        return self.word

    def __repr__(self) -> str:
        return f"<{self.word}>"


def new_point() -> type[Any]:
    @frozen
    class Fresh:
        x: int
        y: int = 0
        names: Mapping[str, str] = field(default_factory=dict)

    return Fresh


def made_alike(**words: Any) -> tuple[Point, Standard]:
    return Point(**words), Standard(**words)


@pytest.mark.parametrize("words", [{"x": 1}, {"x": 1, "y": 2}, {"x": 1, "names": {"a": "b"}}])
def test_an_object_is_as_the_standard_library_would_make_it(words: dict[str, Any]) -> None:
    ours, theirs = made_alike(**words)
    assert asdict(ours) == asdict(theirs)
    assert repr(ours) == repr(theirs).replace("Standard", "Point")
    assert ours == Point(**words)
    assert ours != theirs


def test_each_object_gets_a_default_of_its_own() -> None:
    assert Point(1).names is not Point(1).names


def test_keywords_only_where_the_class_or_the_field_says_so() -> None:
    assert Named(size=(1,), name="a") == Named(name="a", size=(1,))
    assert Mixed(1, 4, second=2) == Mixed(first=1, second=2, third=4)
    with pytest.raises(TypeError):
        Named("a")  # type: ignore[misc]
    with pytest.raises(TypeError):
        Mixed(1, 2, 3)  # type: ignore[misc]


def test_nothing_of_it_can_be_changed() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises((FrozenInstanceError, AttributeError)):
        point.other = 2  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_equal_values_have_equal_hashes_and_find_each_other() -> None:
    assert {Named(name="a"): 1}[Named(name="a")] == 1
    assert Named(name="a") != Named(name="b")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))


def test_a_part_is_replaced_and_the_rest_stays() -> None:
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    assert [each.name for each in fields(Named)] == ["name", "size", "also"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
@pytest.mark.parametrize("value", [Point(1, 2, {"a": "b"}), Named(name="a")])
def test_a_copy_is_equal(value: Any, copied: Callable[[Any], Any]) -> None:
    assert copied(value) == value


def test_methods_of_the_class_itself_stay() -> None:
    assert (str(Spoken("hello")), repr(Spoken("hello"))) == ("hello", "<hello>")
    assert Point(101).far


def test_it_can_be_matched_by_position() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_a_class_compiles_its_initializer_after_a_few_objects() -> None:
    @frozen
    class Late:
        value: int
        names: list[str] = field(default_factory=list)

    before = Late.__init__
    few = [Late(number) for number in range(FEW)]
    assert Late.__init__ is before
    assert Late(FEW) == Late(value=FEW, names=[])
    assert Late.__init__ is not before
    assert few == [Late(number) for number in range(FEW)]


@pytest.mark.parametrize("compiled", [False, True], ids=["one of few", "one of many"])
@pytest.mark.parametrize(
    "wrong",
    [lambda cls: cls(), lambda cls: cls(1, 2, {}, 4), lambda cls: cls(1, x=2), lambda cls: cls(1, z=2)],
    ids=["one is missing", "one too many", "one twice", "an unknown one"],
)
def test_wrong_arguments_are_told_in_the_same_words(wrong: Callable[[type], object], compiled: bool) -> None:
    ours = new_point()
    if compiled:
        for number in range(FEW + 1):
            ours(number)
    with pytest.raises(TypeError) as told:
        wrong(ours)
    with pytest.raises(TypeError) as expected:
        wrong(Standard)
    assert str(told.value) == str(expected.value).replace("Standard", ours.__qualname__)
