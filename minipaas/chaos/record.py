"""What a journal holds, as data and back: plans, witnesses and reports whole, plays with their bodies cut. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cattrs import BaseValidationError
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from minipaas.chaos.history import Exchange, History
from minipaas.chaos.loss import Loss
from minipaas.chaos.plan import Plan, Step
from minipaas.chaos.trial import Trial
from minipaas.model.verdict import Report

#: Of an answer, so much stands in a journal; of all of it, its length and SHA-256.
BODY_CHARACTERS = 2000

_convert = make_converter()
configure_tagged_union(Step, _convert, tag_name="step")

#: What can be wrong with data that somebody else wrote.
Unreadable = (BaseValidationError, KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Witness:
    """The fewest steps of a plan that showed a loss, and the trial they showed it in."""

    subject: str
    loss: Loss
    steps: tuple[int, ...]
    trial: Trial


def written(value: Plan | Witness | Report | Trial) -> Any:
    """As JSON can say it."""
    return _convert.unstructure(value)


def read_plan(data: Any) -> Plan:
    """A plan that was `written`; raises one of `Unreadable`."""
    plan = _convert.structure(data, Plan)
    if any(not 0 <= index < len(plan.steps) for index in plan.slow):
        raise ValueError("a step that is none")
    return plan


def read_witness(data: Any, plan: Plan) -> Witness:
    """A witness of that plan; raises one of `Unreadable`."""
    witness = _convert.structure(data, Witness)
    named = {*witness.steps, witness.loss.read, *(() if witness.loss.write is None else (witness.loss.write,))}
    if any(not 0 <= index < len(plan.steps) for index in named):
        raise ValueError("a step that the plan has not")
    return witness


def read_report(data: Any) -> Report:
    """A report that was `written`; raises one of `Unreadable`."""
    return _convert.structure(data, Report)


def written_play(trial: Trial, steps: Sequence[int] | None, history: History) -> Mapping[str, Any]:
    """One play: which steps under which trial, what was asked, what came back, what happened to dynos."""
    return {
        "trial": written(trial),
        "name": history.trial,
        "steps": None if steps is None else list(steps),
        "faults": history.faults,
        "missing": {str(step): text for step, text in history.missing.items()},
        "unmet": {str(step): _convert.unstructure(unmet) for step, unmet in history.unmet.items()},
        "exchanges": [_exchange(each, history.began_s) for each in history.exchanges],
        "events": [_convert.unstructure(event) for event in history.events],
        "files": [_convert.unstructure(file) for file in history.files],
    }


def _exchange(each: Exchange, began_s: float) -> Mapping[str, Any]:
    return {
        "step": each.step,
        "at": each.at,
        "client": each.client,
        "dyno": each.dyno,
        "method": each.method,
        "path": each.path,
        "status": each.status,
        "location": each.location,
        "error": each.error,
        "at_s": round(each.started_s - began_s, 4),
        "service_s": round(each.service_s, 4),
        "first_byte_s": each.first_byte_s if each.first_byte_s is None else round(each.first_byte_s, 4),
        "type": each.kind,
        "bytes": len(each.body),
        "sha256": hashlib.sha256(each.body).hexdigest(),
        "body": each.body[: 4 * BODY_CHARACTERS].decode(errors="replace")[:BODY_CHARACTERS],
    }
