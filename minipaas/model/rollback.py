"""What a rollback brings back: the code and config vars of an earlier release, not its add-ons."""

from collections.abc import Mapping

from minipaas.errors import NotFound, UsageProblem
from minipaas.model.record import AppRecord
from minipaas.model.release import Change, Release, ReleaseStatus


def find_release(record: AppRecord, word: str) -> Release:
    """A release by `v12`, `12` or its id.

    Raises:
        NotFound: there is none.
    """
    wanted = word.lower().removeprefix("v")
    for each in record.releases:
        if wanted in (str(each.version), each.id):
            return each
    newest = max((each.version for each in record.releases), default=0)
    raise NotFound(f"there is no release {word} of {record.name}", f"releases: v1 to v{newest}")


def eligible(release: Release) -> bool:
    """Whether it can be rolled back to, and from."""
    return release.slug_id is not None and release.status is ReleaseStatus.SUCCEEDED


def roll_back(record: AppRecord, target: Release, addons: Mapping[str, str], links: Mapping[str, str]) -> Change:
    """The release that brings `target` back.

    Args:
        addons: config vars that add-ons set now; those the target had of add-ons that are gone stay away.
        links: config vars that name other apps' URLs now, which may have been others then.

    Raises:
        UsageProblem: it failed, has no code, or runs already.
    """
    if not eligible(target):
        why = "it has no code" if target.slug_id is None else f"it {_STATES[target.status]}"
        raise UsageProblem(f"cannot roll back to v{target.version}: {why}", "`minipaas releases` lists what ran")
    current = record.current
    if current is not None and current.id == target.id:
        raise UsageProblem(f"cannot roll back to v{target.version}: it is the release that runs")
    own = {name: value for name, value in target.config.items() if name not in target.attached}
    linked = {name: value for name, value in links.items() if name in own and name not in target.held}
    config = {**own, **linked, **addons}
    changed = {name for name in {*config, *record.config} if config.get(name) != record.config.get(name)}
    held = ({*record.held, *target.held} | changed) - {*addons, *linked, *target.attached, *_attached(record)}
    return Change(
        description=f"Rollback to v{target.version}",
        slug_id=target.slug_id,
        config=config,
        held=tuple(sorted(held)),
        rollback_to=target.version,
    )


def _attached(record: AppRecord) -> tuple[str, ...]:
    return record.current.attached if record.current else ()


_STATES = {ReleaseStatus.FAILED: "failed", ReleaseStatus.PENDING: "has not ended yet"}
