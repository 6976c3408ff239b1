"""What is remembered of one app's add-ons, in `addons.json`: replaced whole at each change, mode 0600."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minipaas.errors import StoreProblem
from minipaas.model.addon import Addon, Attachment
from minipaas.store.home import read_json, write_atomic

#: Raised when a later version writes what this one could misread.
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An add-on and how to log in to it. `user` and `database` are empty where the service has none."""

    addon: Addon
    port: int
    password: str
    user: str = ""
    database: str = ""


class Ledger:
    """The records of one app, in the order they were made; what it holds is what is on disk."""

    def __init__(self, folder: Path) -> None:
        """Read the file, if there is one.

        Raises:
            StoreProblem: it is damaged, or of a later version.
        """
        self._path = folder / "addons.json"
        raw = read_json(self._path)
        self.records: tuple[Record, ...] = () if raw is None else _from_json(raw, self._path)

    def save(self, records: Sequence[Record]) -> None:
        """Write all of them; the old file stays if that fails.

        Raises:
            StoreProblem: disk full or not permitted.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreProblem(f"cannot make {self._path.parent}: {error.strerror}") from error
        listed = {"schema_version": SCHEMA, "addons": [asdict(record) for record in records]}
        write_atomic(self._path, json.dumps(listed, indent=1))
        self.records = tuple(records)


def _from_json(raw: Mapping[str, Any], path: Path) -> tuple[Record, ...]:
    hint = f"delete {path} to start without the add-ons; their data stays beside it"
    if raw.get("schema_version") != SCHEMA:
        raise StoreProblem(f"cannot read {path}: it was written by another version of minipaas", hint)
    try:
        return tuple(Record(**{**each, "addon": _addon(each["addon"])}) for each in raw["addons"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreProblem(f"cannot read {path}: {error}", hint) from error


def _addon(raw: Mapping[str, Any]) -> Addon:
    attachments = tuple(Attachment(each["name"], tuple(each["config_vars"])) for each in raw["attachments"])
    return Addon(**{**raw, "attachments": attachments})
