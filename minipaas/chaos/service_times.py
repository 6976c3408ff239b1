"""How long routes took to answer: over budget, over Heroku's limit, slow at the 95th percentile. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from minipaas.chaos.history import Exchange, History
from minipaas.chaos.story import Beat, seconds, told
from minipaas.limits import Limits
from minipaas.model.platform_file import Rules
from minipaas.model.verdict import Finding, Severity
from minipaas.rules.catalogue import BY_CODE

#: Fewer answers than this say nothing of a percentile.
ENOUGH = 8
#: So far over the budget that a busy machine is no explanation.
_FAR = 2.0


@dataclass(frozen=True, slots=True)
class Route:
    """All exchanges of one method and URL pattern, in the order they were made."""

    label: str
    exchanges: tuple[Exchange, ...]

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds of each."""
        return tuple(each.service_s for each in self.exchanges)

    def over(self, budget_s: float) -> tuple[Exchange, ...]:
        """Those that took longer."""
        return tuple(each for each in self.exchanges if each.service_s > budget_s)


def routes(histories: Sequence[History]) -> tuple[Route, ...]:
    """By route; requests that failed to connect are no answers."""
    found: dict[str, list[Exchange]] = {}
    for history in histories:
        for exchange in history.exchanges:
            if exchange.status or exchange.error == "timed out":
                found.setdefault(f"{exchange.method} {exchange.pattern}", []).append(exchange)
    return tuple(Route(label, tuple(exchanges)) for label, exchanges in found.items())


def warm(histories: Sequence[History]) -> tuple[Route, ...]:
    """By route, without the first request of each to each dyno, which may have warmed something up."""
    return routes([History(each.trial, list(_after_the_first(each))) for each in histories])


def _after_the_first(history: History) -> Iterator[Exchange]:
    seen: set[tuple[str, str, str]] = set()
    for at, exchange in enumerate(history.exchanges):
        key = exchange.dyno, exchange.method, exchange.pattern
        if at and key in seen:
            yield exchange
        seen.add(key)


def percentile(times: Sequence[float], share: float) -> float:
    """The nearest rank."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def suspects(histories: Sequence[History], budgets: Rules) -> tuple[Route, ...]:
    """Routes of which an answer took longer than the budget, slowest first."""
    slow = [route for route in routes(histories) if route.over(budgets.request_s)]
    return tuple(sorted(slow, key=lambda route: -max(route.times)))


def is_certain(route: Route, budgets: Rules) -> bool:
    """Whether what was seen is enough: more than one, usual, and far over the budget."""
    over = route.over(budgets.request_s)
    far = [each for each in over if each.service_s > _FAR * budgets.request_s]
    return len(far) > 1 and median(route.times) > budgets.request_s


def sluggish(histories: Sequence[History], budgets: Rules) -> tuple[Route, ...]:
    """Routes within the budget whose 95th percentile is over its own, slowest first."""
    found = [
        route
        for route in warm(histories)
        if len(route.exchanges) >= ENOUGH
        and budgets.p95_s < percentile(route.times, 0.95)
        and max(route.times) <= budgets.request_s
    ]
    return tuple(sorted(found, key=lambda route: -percentile(route.times, 0.95)))


def over_budget(route: Route, repeats: Sequence[float], budgets: Rules, limits: Limits) -> Finding:
    """MP301; H12 when Heroku's router would have given up."""
    slow = route.over(budgets.request_s)
    worst = max(slow, key=lambda each: (each.silent_s >= limits.first_byte_s, each.service_s))
    too_long = worst.silent_s >= limits.first_byte_s
    took = f"takes {seconds(worst.service_s)}" if worst.status else f"has no answer after {seconds(worst.service_s)}"
    limit = f"{limits.first_byte_s:g} s"
    what = f"over the router's limit of {limit}" if too_long else f"over its budget of {budgets.request_s:g} s"
    again = f"asked again: {', '.join(map(seconds, repeats))}" if repeats else ""
    return Finding(
        code="MP301",
        severity=Severity.ERROR,
        process_type="web",
        message=f"`{route.label}` {took}, {what} ({len(slow)} of {len(route.exchanges)} requests)",
        evidence=tuple(line for line in (*_timeline(worst, limits), again) if line),
        help=BY_CODE["MP301"].fix,
        error_code="H12" if too_long else None,
        subject=route.label,
    )


def _timeline(exchange: Exchange, limits: Limits) -> tuple[str, ...]:
    begin = exchange.started_s
    sent = Beat(begin, exchange.client, f"{exchange.method} {exchange.path}")
    router = f'method={exchange.method} path="{exchange.path}" dyno={exchange.dyno or "web.1"} connect=0ms'
    if exchange.silent_s < limits.first_byte_s:
        line = f"at=info {router} service={exchange.service_s * 1000:.0f}ms status={exchange.status}"
        return told((sent, Beat(begin + exchange.service_s, "heroku[router]", line)))
    limit = limits.first_byte_s
    line = f'at=error code=H12 desc="Request timeout" {router} service={limit * 1000:.0f}ms status=503 bytes=0'
    return told((sent, Beat(begin + limit, "heroku[router]", line)))


def slow_route(route: Route, again: Sequence[float], budgets: Rules) -> Finding:
    """MP302."""
    p95 = percentile(route.times, 0.95)
    return Finding(
        code="MP302",
        severity=Severity.WARNING,
        process_type="web",
        message=(
            f"the 95th percentile of `{route.label}` is {p95 * 1000:.0f} ms over {len(route.exchanges)} requests, "
            f"over its budget of {budgets.p95_s * 1000:.0f} ms"
        ),
        evidence=(
            f"median {median(route.times) * 1000:.0f} ms, slowest {max(route.times) * 1000:.0f} ms",
            f"asked again: {', '.join(f'{each * 1000:.0f} ms' for each in again)}",
        ),
        help=BY_CODE["MP302"].fix,
        subject=route.label,
    )


def confirmed(again: Sequence[float], budgets: Rules) -> bool:
    """Whether a repetition of a sluggish route is sluggish too: not once, but twice at least."""
    return len([each for each in again if each > budgets.p95_s]) > 1


@dataclass(frozen=True, slots=True)
class Stream:
    """A slow GET watched byte by byte: when pieces came, and what the dyno's processors did meanwhile.

    `woken`: it was answered as soon as somebody wrote something.
    """

    kind: str
    pieces_s: tuple[float, ...]
    open_s: float
    cpu_s: float
    woken: bool = False


def is_waiting(stream: Stream, budgets: Rules) -> bool:
    """Whether the request waits for news instead of working: an event stream, a heartbeat, a long poll."""
    if stream.cpu_s > 0.05 * stream.open_s + 0.05:
        return False
    if stream.kind.startswith("text/event-stream") or stream.woken:
        return True
    spread = stream.pieces_s[-1] - stream.pieces_s[0] if len(stream.pieces_s) > 1 else 0.0
    return bool(stream.pieces_s) and stream.pieces_s[0] < budgets.request_s and spread > 0.5
