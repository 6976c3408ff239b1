"""The logs of several apps as one. Pure."""

import heapq
from collections.abc import Mapping, Sequence

from minipaas.logplex.ring import shorten
from minipaas.model.logline import LogChunk


def together(pasts: Mapping[str, Sequence[LogChunk]], count: int) -> list[tuple[str, LogChunk]]:
    """The last `count` lines of all, each with its app, in the order of time; an app's own order stays."""
    each = ([(app, chunk) for chunk in chunks] for app, chunks in pasts.items())
    found: list[tuple[str, LogChunk]] = []
    for app, chunk in reversed(list(heapq.merge(*each, key=lambda one: one[1].time))):
        if count <= 0:
            break
        found.append((app, shorten(chunk, count)))
        count -= chunk.count
    return found[::-1]
