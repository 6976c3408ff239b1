"""The words of `ps:type`."""

import pytest

from minipaas.errors import UsageProblem
from minipaas.model.dyno import SIZES
from minipaas.parse.scale import ScaleChange
from minipaas.parse.sizing import parse_sizing

TYPES = ("web", "worker")


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        (("Standard-2X",), {"web": "standard-2x", "worker": "standard-2x"}),
        (("web=performance-m",), {"web": "performance-m"}),
        (("worker=eco", "web=private-s"), {"worker": "eco", "web": "standard-2x"}),
        ((), {}),
    ],
)
def test_sizes_of_process_types(words: tuple[str, ...], sizes: dict[str, str]) -> None:
    assert parse_sizing(words, TYPES) == tuple(ScaleChange(t, size=SIZES[name]) for t, name in sizes.items())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("standrad-2x",), "did you mean `standard-2x`"),
        (("wbe=eco",), "did you mean `web`"),
        (("web=eco", "eco"), "write `standard-2x`"),
        (("web=",), "write `standard-2x`"),
        (("web=2",), "sizes: "),
    ],
)
def test_what_cannot_be_meant_says_what_could(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageProblem) as error:
        parse_sizing(words, TYPES)
    assert told in (error.value.hint or "")
