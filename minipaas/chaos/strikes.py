"""Whether a trial's faults have a place in the steps that are played: without one it is a calm play. Pure."""

from collections.abc import Sequence

from minipaas.chaos.history import History
from minipaas.chaos.plan import Plan, Press, Step, Submit, Tell, press_of, writes
from minipaas.chaos.trial import Phase, Trial


def has_place(plan: Plan, trial: Trial, steps: Sequence[int], calm: History) -> bool:
    """Whether something happens to a dyno.

    Args:
        calm: a play of at least these steps: it tells which writes are followed by a redirect.
    """
    if trial.draw or not trial.phases:
        return True
    redirected = {each.step for each in calm.exchanges if each.location}
    return any(phase in trial.phases for at in steps for phase in _phases(plan.steps[at], redirects=at in redirected))


def _phases(step: Step, *, redirects: bool) -> set[Phase]:
    """Those that the step reaches."""
    if press_of(step) in (Press.TRY, Press.STILL):
        return set()
    if isinstance(step, Tell):
        return {Phase.AFTER_WRITE}
    reached = {Phase.AFTER_WRITE if writes(step) else Phase.AFTER_VISIT}
    if isinstance(step, Submit) and not step.again:
        reached.add(Phase.BEFORE_SEND)
    if writes(step) and redirects:
        reached.add(Phase.HOP)
    return reached
