"""Where lost state was kept, by which trials lose it. Pure.

| restart, disk kept | relocation | two dynos | the same, pinned secrets | cause |
|---|---|---|---|---|
| kept | lost | lost | lost | files |
| kept | lost | lost | kept | a secret in a file |
| lost | lost | lost | lost | memory |
| lost | lost | lost | kept | a secret made at boot |
| kept | kept | lost | | needs the same dyno: what one holds is stale for the others |
"""

from collections.abc import Mapping

from minipaas.chaos.trial import Kind
from minipaas.model.verdict import Cause

#: (kind, pinned) to whether the witness was lost; a trial that was not needed is left out.
Grid = Mapping[tuple[Kind, bool], bool]


def cause_of(grid: Grid) -> Cause | None:
    """The cause, or None when no trial lost anything."""
    kept, lost = grid.get((Kind.KEEP, False)), grid.get((Kind.LOSE, False))
    if kept:
        return Cause.BOOT_SECRET if grid.get((Kind.KEEP, True)) is False else Cause.MEMORY
    if lost:
        return Cause.FILE_SECRET if grid.get((Kind.LOSE, True)) is False else Cause.FILES
    return Cause.AFFINITY if grid.get((Kind.MULTI, False)) else None
