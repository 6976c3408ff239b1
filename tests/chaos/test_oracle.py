"""The oracle, on histories written by hand: what is a loss, and what only looks like one."""

from dataclasses import replace

import pytest

from minipaas.chaos.history import History
from minipaas.chaos.loss import Loss, Symptom
from minipaas.chaos.oracle import Baseline
from minipaas.chaos.plan import Plan, Press
from tests.chaos.histories import ONE, TWO, Told, history, plan, send, visit

BOOK = plan(visit(), visit(), send("/add", ONE), visit(), visit())


def told(*after: list[str], first: tuple[str, ...] = ("Guests",)) -> tuple[Told, ...]:
    """A guestbook's front page before the write, and what it says after it, look by look."""
    looks = (after[0], *after)
    return (
        (0, "GET /", list(first)),
        (1, "GET /", list(first)),
        (2, "GET /", list(first)),
        (2, "POST /add", "/"),
        (2, "GET /", looks[0]),
        (3, "GET /", looks[1]),
        (4, "GET /", looks[-1]),
    )


def losses(the_plan: Plan, calm: tuple[Told, ...], trial: History, *others: tuple[Told, ...]) -> list[Loss]:
    """What the trial lost against three calm plays: `calm` thrice, or with others."""
    calms = [history(*each) for each in (calm, *(others or (calm, calm)))]
    return Baseline(the_plan, calms).losses(trial)


def symptoms(found: list[Loss]) -> list[tuple[Symptom, int | None, int]]:
    return [each.identity for each in found]


def test_a_marker_that_is_gone_later_is_a_loss_of_the_step_that_typed_it() -> None:
    calm = told(["Guests", "zq001aa was here"])
    found = losses(BOOK, calm, history(*told(["Guests"])))
    assert (Symptom.MARKER, 2, 3) in symptoms(found)
    assert (Symptom.MARKER, 2, 2) in symptoms(found), "the page after the redirect is a later read too"


def test_the_same_in_calm_and_under_fault_is_no_loss() -> None:
    calm = told(["Guests", "zq001aa was here"])
    assert losses(BOOK, calm, history(*calm, dyno="web.2")) == []


def test_an_echo_in_the_answer_itself_is_not_expected_to_last() -> None:
    the_plan = plan(visit(), send("/search", ONE), visit())
    calm = (
        (0, "GET /", ["Search"]),
        (1, "GET /", ["Search"]),
        (1, "POST /search", ["nothing for zq001aa"]),
        (2, "GET /", ["Search"]),
    )
    baseline = Baseline(the_plan, [history(*calm)] * 3)
    assert baseline.live_markers == 0


def test_a_marker_in_the_url_is_an_echo() -> None:
    the_plan = plan(send("/go", ONE), visit("/search?q=zq001aa"))
    calm = ((0, "GET /", ["x"]), (0, "POST /go", "/search"), (0, "GET /search?q=zq001aa", ["you asked for zq001aa"]))
    assert Baseline(the_plan, [history(*calm)] * 3).live_markers == 0


def test_a_marker_that_flickers_in_calm_plays_is_not_expected() -> None:
    with_it, without = told(["Guests", "zq001aa was here"]), told(["Guests"])
    assert losses(BOOK, with_it, history(*without), with_it, without) == []


def test_what_was_deleted_and_comes_back_is_a_loss_of_the_deletion() -> None:
    the_plan = plan(send("/add", ONE), visit(), send("/remove", near=(ONE,)), visit())

    def play(last: list[str]) -> tuple[Told, ...]:
        return (
            (0, "GET /", ["Notes"]),
            (0, "POST /add", "/"),
            (0, "GET /", ["Notes", "zq001aa"]),
            (1, "GET /", ["Notes", "zq001aa"]),
            (2, "GET /", ["Notes", "zq001aa"]),
            (2, "POST /remove", "/"),
            (2, "GET /", ["Notes"]),
            (3, "GET /", last),
        )

    found = losses(the_plan, play(["Notes"]), history(*play(["Notes", "zq001aa"])))
    assert symptoms(found) == [(Symptom.RETURNED, 2, 3)]


def test_a_login_wall_is_a_loss_of_the_session() -> None:
    the_plan = plan(send("/login", ONE, session=True), visit("/account"))
    calm = (
        (0, "GET /", ["Log in"]),
        (0, "POST /login", "/"),
        (0, "GET /", ["Hello"]),
        (1, "GET /account", ["Yours"]),
    )
    trial = (*calm[:3], (1, "GET /account", "/login"))
    found = losses(the_plan, calm, history(*trial))
    assert symptoms(found) == [(Symptom.STATUS, 0, 1)]
    assert (found[0].expected, found[0].seen) == ("200", "303 to /login")


@pytest.mark.parametrize("status", [0, 502, 503, 504])
def test_a_dyno_that_does_not_answer_is_no_loss_of_state(status: int) -> None:
    calm = told(["Guests", "zq001aa was here"])
    trial = history(*calm[:5], (3, "GET /", status), (4, "GET /", status))
    assert losses(BOOK, calm, trial) == []


def test_a_form_that_is_not_there_any_more_is_a_loss() -> None:
    the_plan = plan(send("/login", ONE, session=True), send("/post", TWO))
    calm = (
        (0, "GET /", ["Log in"]),
        (0, "POST /login", "/"),
        (0, "GET /", ["Hello zq001aa"]),
        (1, "GET /", ["Hello zq001aa"]),
        (1, "POST /post", "/"),
        (1, "GET /", ["Hello zq001aa", "zq002bb"]),
    )
    trial = history(*calm[:3], (1, "GET /", ["Hello zq001aa"]), missing={1: "no form `Send` on /"})
    found = losses(the_plan, calm, trial)
    assert (Symptom.MISSING, 0, 1) in symptoms(found)


def test_a_line_that_came_with_a_write_and_goes_again_is_a_loss() -> None:
    calm = told(["Guests", "Your cart has tea in it"])
    found = losses(BOOK, calm, history(*told(["Guests"])))
    assert (Symptom.LINE, 2, 3) in symptoms(found)


def test_a_line_that_calm_plays_do_not_share_is_noise() -> None:
    calms = [told(["Guests", f"quote: {word}"]) for word in ("to be", "or not", "to be")]
    assert losses(BOOK, calms[0], history(*told(["Guests", "quote: that is"])), *calms[1:]) == []


def test_a_cache_that_is_filled_again_is_no_loss() -> None:
    """`cached` was seen before the write, so the write did not make it."""
    the_plan = plan(visit(), visit(), send("/add", ONE), visit(), visit())

    def play(last: str) -> tuple[Told, ...]:
        return (
            (0, "GET /", ["computed"]),
            (1, "GET /", ["cached"]),
            (2, "GET /", ["cached"]),
            (2, "POST /add", "/"),
            (2, "GET /", ["cached"]),
            (3, "GET /", ["cached"]),
            (4, "GET /", [last]),
        )

    assert losses(the_plan, play("cached"), history(*play("computed"))) == []


def test_a_number_that_a_write_changed_and_a_fault_changed_back_is_a_loss() -> None:
    calm = told(["Likes: 1"], first=("Likes: 0",))
    found = losses(BOOK, calm, history(*told(["Likes: 0"], first=("Likes: 0",))))
    assert (Symptom.NUMBER, 2, 3) in symptoms(found)


def test_a_count_of_everybodys_requests_is_drift_and_no_loss() -> None:
    def play(*counts: int) -> tuple[Told, ...]:
        steps = ("GET /", "GET /", "GET /", "POST /add", "GET /", "GET /", "GET /", "GET /~")
        places = (0, 1, 2, 2, 2, 3, 4, 5)
        numbers = iter(counts)
        return tuple(
            (step, asked, "/" if asked.startswith("POST") else [f"served: {next(numbers)}"])
            for step, asked in zip(places, steps, strict=True)
        )

    the_plan = plan(*BOOK.steps, visit(client="bob"))
    calm, trial = play(1, 2, 3, 4, 5, 6, 7), history(*play(1, 2, 3, 1, 2, 3, 4))
    baseline = Baseline(the_plan, [history(*calm)] * 3)
    assert baseline.losses(trial) == []
    assert baseline.drifts(trial) == [("/", "served: #")]


def test_a_count_of_a_clients_own_visits_is_a_loss_when_it_falls_back() -> None:
    def play(*counts: int) -> tuple[Told, ...]:
        mine = tuple((step, "GET /", [f"you were here {count} times"]) for step, count in enumerate(counts[:4]))
        return (*mine, (4, "GET /~", [f"you were here {counts[4]} times"]))

    the_plan = plan(visit(), visit(), visit(), visit(), visit(client="bob"))
    found = losses(the_plan, play(1, 2, 3, 4, 1), history(*play(1, 2, 1, 2, 1)))
    assert (Symptom.NUMBER, None, 3) in symptoms(found)


def test_the_name_of_the_dyno_may_be_shown() -> None:
    calm = told(["made by web.1"])
    trial = history(*told(["made by web.2"]), dyno="web.2")
    baseline = Baseline(BOOK, [history(*calm)] * 3)
    assert baseline.losses(trial) == []
    assert baseline.drifts(trial) == []


def test_lines_in_another_order_are_the_same_page() -> None:
    calm = told(["b", "a", "zq001aa"])
    assert losses(BOOK, calm, history(*told(["zq001aa", "a", "b"]))) == []


def test_a_step_is_judged_only_up_to_its_first_wrong_turn() -> None:
    calm = told(["Guests", "zq001aa was here"])
    trial = history(*calm[:3], (2, "POST /add", 403), *calm[5:])
    assert [each for each in symptoms(losses(BOOK, calm, trial)) if each[2] == 2] == [(Symptom.STATUS, 2, 2)]


def test_what_was_sent_twice_and_is_taken_twice_is_a_loss() -> None:
    the_plan = plan(send("/orders", ONE), visit(), replace(send("/orders"), again=True), visit())

    def play(*last: str) -> tuple[Told, ...]:
        return (
            (0, "GET /", ["Orders"]),
            (0, "POST /orders", "/"),
            (0, "GET /", ["Orders", "zq001aa bread"]),
            (1, "GET /", ["Orders", "zq001aa bread"]),
            (2, "POST /orders", "/"),
            (2, "GET /", ["Orders", *last]),
            (3, "GET /", ["Orders", *last]),
        )

    found = losses(the_plan, play("zq001aa bread"), history(*play("zq001aa bread", "zq001aa bread")))
    assert symptoms(found) == [(Symptom.TWICE, 2, 2), (Symptom.TWICE, 2, 3)]
    twice = play("zq001aa bread", "zq001aa bread")
    assert losses(the_plan, twice, history(*twice)) == [], "an app that takes it twice when calm keeps nothing"


def notices(landing: list[str], later: list[str]) -> tuple[Told, ...]:
    """A list that stays, and above it what is told of the entry, on the page it is told on."""
    return told(["Guests", *landing, "zq001aa look"], ["Guests", *later, "zq001aa look"])


def test_a_notice_told_once_that_is_not_told_is_a_loss_though_the_entry_is_there() -> None:
    found = losses(BOOK, notices(["Added zq001aa"], []), history(*notices([], [])))
    assert (Symptom.LINE, 2, 2) in symptoms(found)


def test_a_notice_told_late_is_not_taken_for_an_entry_taken_twice() -> None:
    calm, late = notices(["Added zq001aa"], []), history(*notices([], ["Added zq001aa"]))
    assert Symptom.TWICE not in {each.symptom for each in losses(BOOK, calm, late)}


def test_a_number_in_a_cell_of_its_own_is_about_the_words_before_it() -> None:
    """Three dishes, each with a count beside it: bare numbers were taken for one line that stands there thrice."""

    def votes(*after: str) -> tuple[Told, ...]:
        return told(["Pizza", after[0], "Ramen", after[1]], first=("Pizza", "0", "Ramen", "0"))

    found = losses(BOOK, votes("1", "0"), history(*votes("0", "0")))
    assert (Symptom.NUMBER, 2, 3) in symptoms(found)
    assert Baseline(BOOK, [history(*votes("1", "0"))] * 3).expects_effects


def test_what_has_an_address_of_its_own_only_after_a_write_is_an_effect() -> None:
    """A picture made smaller holds no marker."""
    the_plan = plan(visit(), send("/shoot", ONE), visit("/t/0123456789abcdef0123"))
    play = history(
        (0, "GET /", ["Wall"]), (1, "GET /", ["Wall"]), (1, "POST /shoot", "/"), (1, "GET /", ["Wall"]),
        (2, "GET /t/0123456789abcdef0123", []),
    )  # fmt: skip
    assert Baseline(the_plan, [play] * 3).expects_effects
    assert not Baseline(plan(*the_plan.steps[:2]), [history(*[(0, "GET /", ["Wall"])])] * 3).expects_effects


def test_what_comes_in_its_own_time_is_expected_only_from_where_it_is_waited_for() -> None:
    """A reminder after three seconds: whether the second shows with the first is chance, and a fault shifts it."""
    the_plan = plan(
        visit(), send("/nudge", ONE), send("/nudge", TWO), replace(visit(), until=ONE),
        replace(visit(), until=TWO), visit(client="bob"),
    )  # fmt: skip

    def play(*third: str, last: tuple[str, ...] = ("zq001aa", "zq002bb")) -> tuple[Told, ...]:
        sent = [each for step in (1, 2) for each in ((step, "POST /nudge", "/"), (step, "GET /", ["Due"]))]
        return ((0, "GET /", ["Due"]), *sent, (3, "GET /", third), (4, "GET /", last), (5, "GET /~", last))

    calm = play("zq001aa", "zq002bb")
    assert losses(the_plan, calm, history(*play("zq001aa"))) == []
    found = losses(the_plan, calm, history(*play("zq001aa", last=("zq001aa",))))
    assert symptoms(found) == [(Symptom.MARKER, 2, 4), (Symptom.MARKER, 2, 5)]


def test_plays_of_too_few_steps_do_not_expect_what_is_lost() -> None:
    calm = told(["Guests", "zq001aa was here"])
    loss = losses(BOOK, calm, history(*told(["Guests"])))[0]
    assert loss.symptom is Symptom.MARKER
    assert Baseline(BOOK, [history(*calm)] * 2).expects(loss)
    assert not Baseline(BOOK, [history(*told(["Guests"]))] * 2).expects(loss)


def pressed(*refusals: tuple[int | str, list[str]]) -> tuple[Plan, tuple[Told, ...]]:
    """Two tries that are taken, then answers with these statuses and lines."""
    kinds = [Press.TRY, Press.TRY, *([Press.REFUSED, Press.STILL][: len(refusals)])]
    the_plan = plan(*(replace(send("/guess"), press=kind) for kind in kinds))
    taken = [(index, "POST /guess", ["Guess again"]) for index in range(2)]
    return the_plan, (*taken, *((2 + n, "POST /guess", what or code) for n, (code, what) in enumerate(refusals)))


def test_a_limit_that_is_forgotten_is_a_loss_of_the_refusal() -> None:
    the_plan, calm = pressed((429, []), (429, []))
    found = losses(the_plan, calm, history(*calm[:3], (3, "POST /guess", ["Guess again"])))
    assert symptoms(found) == [(Symptom.STATUS, 2, 3)]


def test_a_limit_that_is_only_said_is_one_too() -> None:
    the_plan, calm = pressed((200, ["Come back later"]), (200, ["Come back later"]))
    found = losses(the_plan, calm, history(*calm[:3], (3, "POST /guess", ["Guess again"])))
    assert symptoms(found) == [(Symptom.LINE, 2, 3)]
    assert losses(the_plan, calm, history(*calm)) == []
