"""What is remembered of add-ons."""

import random
from pathlib import Path

import pytest

from minipaas.addons.ledger import Ledger, Record
from minipaas.errors import StoreProblem
from minipaas.model.addon import make_addon
from minipaas.model.app import AddonWish


def record(plan: str = "postgres") -> Record:
    addon = make_addon(AddonWish(plan), [], [], random.Random(1))
    return Record(addon=addon, port=12345, password="secret", user="u", database="d")


def test_what_is_written_is_read_again_and_only_by_the_owner(tmp_path: Path) -> None:
    Ledger(tmp_path / "notes").save([record(), record("redis")])
    assert Ledger(tmp_path / "notes").records == (record(), record("redis"))
    assert (tmp_path / "notes" / "addons.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 2}', '{"schema_version": 1, "addons": [{}]}'])
def test_a_damaged_file_is_told_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "addons.json").write_text(text)
    with pytest.raises(StoreProblem) as told:
        Ledger(tmp_path)
    assert "delete" in (told.value.hint or "")
