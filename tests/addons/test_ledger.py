"""What is remembered of add-ons."""

import json
import random
from pathlib import Path

import pytest

from minipaas.addons.ledger import Ledger, Record
from minipaas.errors import StoreProblem
from minipaas.model.app import AddonWish
from minipaas.model.attaching import make_addon


def record(plan: str = "postgres") -> Record:
    addon = make_addon("notes", AddonWish(plan), [], [], random.Random(1), 7.0)
    return Record(addon=addon, port=12345, password="secret", user="u", database="d")


def test_what_is_written_is_read_again_and_only_by_the_owner(tmp_path: Path) -> None:
    Ledger(tmp_path / "notes").save([record(), record("redis")])
    assert Ledger(tmp_path / "notes").records == (record(), record("redis"))
    assert (tmp_path / "notes" / "addons.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema_version": 3}',
        '{"schema_version": 1, "addons": [{}]}',
        '{"schema_version": 2, "addons": [{}]}',
    ],
)
def test_a_damaged_file_is_told_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "addons.json").write_text(text)
    with pytest.raises(StoreProblem) as told:
        Ledger(tmp_path)
    assert "delete" in (told.value.hint or "")


def test_the_first_schema_is_read_as_what_its_app_has(tmp_path: Path) -> None:
    attachment = {"name": "REDIS", "config_vars": ["REDIS_URL"]}
    addon = {"id": "1", "name": "redis-a-1", "service": "heroku-redis", "plan": "mini", "attachments": [attachment]}
    old = {"schema_version": 1, "addons": [{"addon": addon, "port": 1, "password": "p", "user": "", "database": ""}]}
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "addons.json").write_text(json.dumps(old))
    (read,) = Ledger(tmp_path / "notes").records
    assert (read.addon.app, read.addon.state) == ("notes", "provisioned")
    assert read.addon.config_vars("notes") == ("REDIS_URL",)
    assert Ledger(tmp_path / "notes").records == (read,)
