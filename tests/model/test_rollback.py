"""What a rollback brings back, and what it leaves as it is."""

from typing import Any

import pytest

from minipaas.errors import NotFound, UsageProblem
from minipaas.model.record import AppRecord
from minipaas.model.release import Release, ReleaseStatus
from minipaas.model.rollback import find_release, roll_back


def record(*releases: dict[str, Any]) -> AppRecord:
    made = tuple(
        Release(
            **{"id": f"id-{at}", "version": at, "description": "", "created_at": 0.0, "slug_id": f"slug-{at}", **each}
        )
        for at, each in enumerate(releases, 1)
    )
    return AppRecord(id="i", name="shop", created_at=0.0, releases=made)


def test_code_and_config_vars_come_back_and_are_kept_from_the_files() -> None:
    app = record({"config": {"A": "1", "SAME": "x"}}, {"config": {"A": "2", "B": "3", "SAME": "x"}, "held": ("Z",)})
    change = roll_back(app, app.releases[0], {}, {})
    assert (change.description, change.slug_id, change.rollback_to) == ("Rollback to v1", "slug-1", 1)
    assert change.config == {"A": "1", "SAME": "x"}
    assert change.held == ("A", "B", "Z")


def test_add_ons_stay_those_of_today() -> None:
    app = record(
        {"config": {"A": "1", "GONE_URL": "old", "DATABASE_URL": "old"}, "attached": ("GONE_URL", "DATABASE_URL")},
        {"config": {"A": "2", "DATABASE_URL": "new", "NEW_URL": "n"}, "attached": ("DATABASE_URL", "NEW_URL")},
    )
    change = roll_back(app, app.releases[0], {"DATABASE_URL": "new", "NEW_URL": "n"}, {})
    assert change.config == {"A": "1", "DATABASE_URL": "new", "NEW_URL": "n"}
    assert change.held == ("A",)


def test_other_apps_are_where_they_are_today_unless_somebody_said_else() -> None:
    app = record({"config": {"X_URL": "old", "Y_URL": "mine"}, "held": ("Y_URL",)}, {"config": {"X_URL": "now"}})
    change = roll_back(app, app.releases[0], {}, {"X_URL": "now", "Y_URL": "now", "Z_URL": "now"})
    assert change.config == {"X_URL": "now", "Y_URL": "mine"}
    assert change.held == ("Y_URL",)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"slug_id": None}, "it has no code"),
        ({"status": ReleaseStatus.FAILED}, "it failed"),
        ({"status": ReleaseStatus.PENDING}, "it has not ended yet"),
    ],
)
def test_what_never_ran_cannot_be_rolled_back_to(target: dict[str, Any], told: str) -> None:
    app = record(target, {})
    with pytest.raises(UsageProblem, match=f"cannot roll back to v1: {told}"):
        roll_back(app, app.releases[0], {}, {})


def test_what_runs_already_is_no_rollback() -> None:
    app = record({}, {})
    with pytest.raises(UsageProblem, match="it is the release that runs"):
        roll_back(app, app.releases[1], {}, {})


@pytest.mark.parametrize("word", ["v2", "V2", "2", "id-2"])
def test_a_release_is_found_by_number_and_id(word: str) -> None:
    assert find_release(record({}, {}, {}), word).version == 2


@pytest.mark.parametrize("word", ["v4", "", "-1", "vv1x"])
def test_a_release_that_is_not_there_is_told(word: str) -> None:
    with pytest.raises(NotFound, match="there is no release"):
        find_release(record({}, {}, {}), word)
