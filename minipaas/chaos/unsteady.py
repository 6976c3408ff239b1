"""Whether what was entered comes and goes on a calm dyno: its processes may each hold a state of their own. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from minipaas.chaos.history import History
from minipaas.chaos.markers import Marker
from minipaas.chaos.plan import Plan, awaited, typed, writes

#: One play's looks at one page: the step, and whether the marker was there.
Looks = Sequence[tuple[int, bool]]


def unsteady(plan: Plan, calms: Sequence[History]) -> str | None:
    """The label of a write whose marker vanishes with nothing sent in between and is back later, and that no page
    shows steadily; None where there is none."""
    sent = [index for index, step in enumerate(plan.steps) if writes(step)]
    due = awaited(plan)
    for index, step in enumerate(plan.steps):
        since = max(index, due.get(step.label, index))
        for marker in typed(step):
            pages = [] if marker.is_number else list(_pages(marker, since, calms).values())
            comes_and_goes = any(_comes_and_goes(looks, sent) for plays in pages for looks in plays)
            if comes_and_goes and not any(all(map(_is_steady, plays)) for plays in pages):
                return step.label
    return None


def _pages(marker: Marker, since: int, calms: Sequence[History]) -> Mapping[tuple[str, str], list[Looks]]:
    """By client and address, the looks of each play: two things of one kind have a page each."""
    found: dict[tuple[str, str], list[Looks]] = {}
    for calm in calms:
        mine: dict[tuple[str, str], list[tuple[int, bool]]] = {}
        for step, page, shown in _reads(marker, since, calm):
            mine.setdefault(page, []).append((step, shown))
        for page, looks in mine.items():
            found.setdefault(page, []).append(looks)
    return found


def _reads(marker: Marker, since: int, calm: History) -> Iterator[tuple[int, tuple[str, str], bool]]:
    for each in calm.exchanges:
        if each.is_read and each.status == 200 and each.step > since and marker.token not in each.path:
            yield each.step, (each.client, each.path), each.shows(marker)


def _comes_and_goes(looks: Looks, sent: Sequence[int]) -> bool:
    for at, ((one, shown), (other, still)) in enumerate(pairwise(looks)):
        vanished = shown and not still and not any(one < write <= other for write in sent)
        if vanished and any(back for _, back in looks[at + 2 :]):
            return True
    return False


def _is_steady(looks: Looks) -> bool:
    """There from the first look on, until it is taken away for good."""
    shown = [each for _, each in looks]
    return len(shown) > 1 and shown[0] and shown == sorted(shown, reverse=True)
