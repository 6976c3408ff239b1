"""App records on disk: one JSON file an app, replaced whole at each change."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minipaas.errors import NotFound, StoreProblem
from minipaas.model.app import FormationEntry
from minipaas.model.drain import Drain
from minipaas.model.dyno import DEFAULT_SIZE, SIZES
from minipaas.model.record import AppRecord
from minipaas.model.release import Build, BuildStatus, Release, ReleaseStatus
from minipaas.store.home import Home, read_json, write_atomic

#: Raised when a later version writes what this one could misread.
SCHEMA = 1
#: Builds remembered for each app; releases are never dropped.
BUILDS_KEPT = 50


class Apps:
    """Reads and writes app records; what it returns is what is on disk."""

    def __init__(self, home: Home) -> None:
        self._folder = home.apps

    def names(self) -> list[str]:
        """All apps, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def find(self, name: str) -> AppRecord | None:
        """The record, or None.

        Raises:
            StoreProblem: the file is damaged or of a later version.
        """
        path = self._path(name)
        raw = read_json(path)
        return None if raw is None else _from_json(raw, path)

    def get(self, name: str) -> AppRecord:
        """The record.

        Raises:
            NotFound: there is no such app.
            StoreProblem: as `find`.
        """
        record = self.find(name)
        if record is None:
            raise NotFound(f"there is no app {name}", f"apps: {', '.join(self.names()) or 'none'}")
        return record

    def save(self, record: AppRecord) -> None:
        """Write the record; the old one stays if that fails.

        Raises:
            StoreProblem: disk full or not permitted.
        """
        kept = dataclasses.replace(record, builds=record.builds[-BUILDS_KEPT:])
        write_atomic(self._path(record.name), json.dumps(_to_json(kept), indent=1))

    def delete(self, name: str) -> None:
        """Forget the app."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _to_json(record: AppRecord) -> dict[str, Any]:
    value = asdict(record)
    value["formation"] = {
        type_: {"quantity": entry.quantity, "size": entry.size.name} for type_, entry in record.formation.items()
    }
    return {"schema_version": SCHEMA, **value}


def _from_json(raw: Mapping[str, Any], path: Path) -> AppRecord:
    hint = f"delete {path} to start the app anew"
    if raw.get("schema_version") != SCHEMA:
        raise StoreProblem(f"cannot read {path}: it was written by another version of minipaas", hint)
    try:
        fields = {key: value for key, value in raw.items() if key != "schema_version"}
        fields["buildpacks"] = tuple(fields["buildpacks"])
        fields["formation"] = {type_: _entry(entry) for type_, entry in fields["formation"].items()}
        fields["drains"] = tuple(Drain(**each) for each in fields.get("drains", ()))
        fields["features"] = tuple(fields.get("features", ()))
        fields["releases"] = tuple(_release(each) for each in fields["releases"])
        fields["builds"] = tuple(
            Build(**{**each, "status": BuildStatus(each["status"]), "buildpacks": tuple(each["buildpacks"])})
            for each in fields["builds"]
        )
        return AppRecord(**fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreProblem(f"cannot read {path}: {error}", hint) from error


def _entry(raw: Mapping[str, Any]) -> FormationEntry:
    return FormationEntry(int(raw["quantity"]), SIZES.get(str(raw["size"]).lower(), DEFAULT_SIZE))


def _release(raw: Mapping[str, Any]) -> Release:
    lists = {key: tuple(raw.get(key, ())) for key in ("held", "addons", "attached")}
    return Release(**{**raw, **lists, "status": ReleaseStatus(raw["status"])})
