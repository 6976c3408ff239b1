"""The words of ps:scale."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipaas.errors import UsageProblem
from minipaas.limits import DYNOS_PER_APP
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import SIZES
from minipaas.parse.scale import ScaleChange, apply, parse_formation, parse_scale
from tests.parse.strangers import anything, near

#: heroku/cli src/commands/ps/scale.ts.
HEROKU = re.compile(r"([\w-]+)([=+-]\d+)(?::([\w-]+))?", re.ASCII)
TWO_X = SIZES["standard-2x"]
NOW = {"web": FormationEntry(2), "worker": FormationEntry(0)}


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("web=2", ScaleChange("web", quantity=2)),
        ("web=0", ScaleChange("web", quantity=0)),
        ("web+1", ScaleChange("web", delta=1)),
        ("web-1", ScaleChange("web", delta=-1)),
        ("worker=+1", ScaleChange("worker", delta=1)),
        ("worker=-1", ScaleChange("worker", delta=-1)),
        ("my-worker-1", ScaleChange("my-worker", delta=-1)),
        ("web-1=2", ScaleChange("web-1", quantity=2)),
        ("web=2:standard-2x", ScaleChange("web", quantity=2, size=TWO_X)),
        ("web+1:Standard-2X", ScaleChange("web", delta=1, size=TWO_X)),
        ("web=1:hobby", ScaleChange("web", quantity=1, size=SIZES["basic"])),
    ],
)
def test_a_word_is_read(word: str, change: ScaleChange) -> None:
    assert parse_scale([word]) == (change,)


@pytest.mark.parametrize(
    "word", ["", "web", "web=", "=2", "web=two", "web=2:", "web = 2", "web=2 ", "wéb=2", "web=²", "web++1"]
)
def test_a_word_heroku_would_drop_is_an_error(word: str) -> None:
    with pytest.raises(UsageProblem, match=r"^cannot read"):
        parse_scale(["web=1", word])


@pytest.mark.parametrize("word", [f"web={DYNOS_PER_APP + 1}", "web=" + "9" * 5000])
def test_more_dynos_than_an_app_may_have_are_refused(word: str) -> None:
    with pytest.raises(UsageProblem, match=f"an app may have {DYNOS_PER_APP} dynos"):
        parse_scale([word])


def test_an_unknown_size_is_answered_with_the_sizes() -> None:
    with pytest.raises(UsageProblem, match="size `huge`") as caught:
        parse_scale(["web=2:huge"])
    assert caught.value.hint == f"sizes: {', '.join(SIZES)}"


def test_changes_are_applied_one_upon_the_other() -> None:
    after = apply(NOW, parse_scale(["web=3", "web-1:standard-2x", "worker+2"]))
    assert after == {"web": FormationEntry(2, TWO_X), "worker": FormationEntry(2)}
    assert NOW["web"] == FormationEntry(2)


def test_a_size_stays_when_none_is_given() -> None:
    assert apply({"web": FormationEntry(1, TWO_X)}, parse_scale(["web=2"])) == {"web": FormationEntry(2, TWO_X)}


def test_a_type_the_app_has_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageProblem, match="cannot scale `wroker`") as caught:
        apply(NOW, parse_scale(["wroker=1"]))
    assert caught.value.hint == "did you mean `worker`?"


def test_a_type_like_no_other_is_answered_with_all() -> None:
    with pytest.raises(UsageProblem) as caught:
        apply(NOW, parse_scale(["clock=1"]))
    assert caught.value.hint == "process types: web, worker"


def test_no_type_goes_below_zero() -> None:
    with pytest.raises(UsageProblem, match=r"^cannot take 3 from `web`: it has 2$"):
        apply(NOW, parse_scale(["web-3"]))


def test_the_dynos_of_all_types_count_together() -> None:
    with pytest.raises(UsageProblem, match=f"cannot scale to {DYNOS_PER_APP + 2} dynos"):
        apply(NOW, parse_scale([f"worker={DYNOS_PER_APP}"]))


def test_a_formation_is_read() -> None:
    assert parse_formation("web=2, worker=1:standard-2x,") == {
        "web": FormationEntry(2),
        "worker": FormationEntry(1, TWO_X),
    }


@pytest.mark.parametrize("text", ["", ",", "web+1", "web=1,web=2", "web", "web=2;worker=1"])
def test_a_formation_of_another_form_is_an_error(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_formation(text)
    assert caught.value.hint is not None


words = anything | near("web", "=", "+", "-", "1", "2", ":", "standard-2x", "_", " ")


@given(words)
def test_any_word_is_read_or_a_usage_problem(word: str) -> None:
    try:
        (change,) = parse_scale([word])
    except UsageProblem:
        return
    assert (change.quantity is None) != (change.delta is None)


@given(words)
def test_whatever_heroku_takes_is_not_called_unreadable(word: str) -> None:
    if not HEROKU.fullmatch(word):
        return
    try:
        parse_scale([word])
    except UsageProblem as problem:
        assert problem.message.startswith("cannot scale")


@given(anything | near("web=1", ",", "worker=2", " ", "web"))
def test_any_formation_is_read_or_a_usage_problem(text: str) -> None:
    with suppress(UsageProblem):
        assert parse_formation(text)


@given(st.dictionaries(st.sampled_from(["web", "worker", "a-b"]), st.integers(0, 50), min_size=1))
def test_a_formation_written_is_read(quantities: dict[str, int]) -> None:
    text = ",".join(f"{name}={quantity}" for name, quantity in quantities.items())
    assert parse_formation(text) == {name: FormationEntry(quantity) for name, quantity in quantities.items()}
