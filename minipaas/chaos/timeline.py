"""One play as the report draws it: what happened to dynos, what users asked, what was lost. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from minipaas.chaos.history import Exchange, History
from minipaas.chaos.loss import Loss
from minipaas.model.verdict import TimelineEvent


def drawn(history: History, trial: str, loss: Loss | None = None) -> tuple[TimelineEvent, ...]:
    """Events of dynos and clients under one name, in order."""
    events = [replace(event, trial=trial) for event in history.events]
    events += _requests(history, trial, loss)
    return tuple(sorted(events, key=lambda event: event.at_s))


def seconds(history: History, exchange: Exchange) -> float:
    """When a request was sent, from the beginning of the play."""
    return max(exchange.started_s - history.began_s, 0.0)


def asked(exchange: Exchange) -> str:
    """`GET /cart -> 200 by web.2`."""
    by = f" by {exchange.dyno}" if exchange.dyno else ""
    return f"{exchange.method} {exchange.path} -> {exchange.outcome}{by}"


def missed(exchange: Exchange, loss: Loss) -> str:
    """The request that showed the loss, and what it did not show."""
    return f"{asked(exchange)}: {loss.expected} expected, {loss.seen}"


def _requests(history: History, trial: str, loss: Loss | None) -> Iterator[TimelineEvent]:
    for exchange in history.exchanges:
        at = seconds(history, exchange)
        lost = loss is not None and (exchange.step, exchange.at) == (loss.read, loss.at)
        yield TimelineEvent(
            at_s=at,
            lane=exchange.client,
            kind="loss" if lost else "request",
            text=missed(exchange, loss) if lost and loss is not None else asked(exchange),
            until_s=at + exchange.service_s,
            trial=trial,
            ok=not lost and 0 < exchange.status < 500,
        )
