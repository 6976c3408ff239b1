"""What is remembered of one app's add-ons, in `addons.json`: replaced whole at each change, mode 0600."""

import json
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from minipaas.errors import StoreProblem
from minipaas.model.addon import Addon, AddonState, Attachment
from minipaas.model.service import BUCKET, POSTGRESQL
from minipaas.store.home import read_json, write_atomic

#: Raised when a later version writes what this one could misread.
SCHEMA = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An add-on and how to log in to it. `user` and `database` are empty where the service has none.

    A bucket's two keys are its user and password, and the bucket is its database.
    """

    addon: Addon
    port: int
    password: str
    user: str = ""
    database: str = ""

    @classmethod
    def new(cls, addon: Addon, port: int) -> "Record":
        """With a password nobody knows."""
        known = cls(addon=addon, port=port, password=f"p{secrets.token_hex(32)}")
        if addon.kind is POSTGRESQL:
            return replace(known, user=f"u{_letters(13)}", database=f"d{_letters(13)}")
        if addon.kind is BUCKET:
            return replace(
                known,
                password=secrets.token_urlsafe(30),
                user=f"AKIA{_letters(16).upper()}",
                database=f"b{_letters(13)}",
            )
        return known


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
    version = raw.get("schema_version")
    if version not in (1, SCHEMA):
        raise StoreProblem(f"cannot read {path}: it was written by another version of minipaas", hint)
    try:
        addons = [each["addon"] if version == SCHEMA else _upgraded(each["addon"], path) for each in raw["addons"]]
        return tuple(
            Record(**{**each, "addon": _addon(addon)}) for each, addon in zip(raw["addons"], addons, strict=True)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreProblem(f"cannot read {path}: {error}", hint) from error


def _addon(raw: Mapping[str, Any]) -> Addon:
    attachments = tuple(
        Attachment(**{**each, "config_vars": tuple(each["config_vars"])}) for each in raw["attachments"]
    )
    return Addon(**{**raw, "attachments": attachments, "state": AddonState(raw["state"])})


def _upgraded(raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The first schema knew one app an add-on, which had finished it."""
    app, made = path.parent.name, path.stat().st_mtime
    attachments = [
        {**each, "id": str(uuid5(NAMESPACE_URL, f"{raw['id']}/{each['name']}")), "app": app, "created_at": made}
        for each in raw["attachments"]
    ]
    return {**raw, "app": app, "created_at": made, "state": AddonState.PROVISIONED, "attachments": attachments}


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(count))
