"""Which trials are worth playing."""

from dataclasses import replace

import pytest

from minipaas.chaos.plan import Press
from minipaas.chaos.strikes import has_place
from minipaas.chaos.trial import Kind, Phase, Trial, soak
from tests.chaos.histories import ONE, history, plan, send, visit

PLAN = plan(visit(), send("/add", ONE), send("/ask", ONE), replace(send("/add"), press=Press.TRY))
CALM = history((0, "GET /", []), (1, "POST /add", "/"), (1, "GET /", []), (2, "POST /ask", []))


@pytest.mark.parametrize(
    ("phase", "steps", "place"),
    [
        (Phase.AFTER_WRITE, (0, 1), True),
        (Phase.AFTER_WRITE, (0,), False),
        (Phase.AFTER_VISIT, (0, 1), True),
        (Phase.AFTER_VISIT, (1,), False),
        (Phase.BEFORE_SEND, (2,), True),
        (Phase.HOP, (0, 1), True),
        (Phase.HOP, (0, 2), False),
        (Phase.AFTER_WRITE, (3,), False),
    ],
)
def test_a_relocation_needs_a_step_that_reaches_its_phase(phase: Phase, steps: tuple[int, ...], place: bool) -> None:
    assert has_place(PLAN, Trial(Kind.LOSE, frozenset({phase})), steps, CALM) is place


def test_two_dynos_and_a_soak_always_have_a_place() -> None:
    assert has_place(PLAN, Trial(Kind.MULTI, frozenset()), (0,), CALM)
    assert has_place(PLAN, soak(1, 0, 4), (0,), CALM)
