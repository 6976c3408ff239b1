"""Journals: whole lines whatever happens, bounded in number and size, and read back with care."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem, StoreProblem, UsageProblem
from minipaas.store import runs
from minipaas.store.runs import JournalFile, Runs, journal_at, records

FIRST = {"kind": "run", "version": runs.VERSION}


def test_runs_are_numbered_and_the_oldest_make_room(tmp_path: Path) -> None:
    kept = Runs(tmp_path / "chaos")
    for _ in range(runs.KEPT + 3):
        kept.begin().close()
    assert kept.names() == tuple(str(number) for number in range(4, runs.KEPT + 4))


def test_two_runs_at_once_have_two_journals(tmp_path: Path) -> None:
    first, second = Runs(tmp_path).begin(), Runs(tmp_path).begin()
    assert first.name != second.name
    first.close()
    second.close()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    journal = Runs(tmp_path).begin()
    journal.write(FIRST)
    journal.write({"kind": "play", "body": "Grüße \ud800"})
    journal.close()
    assert [each["kind"] for each in records(tmp_path / "1.jsonl")] == ["run", "play"]


def test_a_line_that_was_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "1.jsonl"
    path.write_bytes(b'{"kind":"run","version":1}\n{"kind":"play","trial":')
    assert [each["kind"] for each in records(path)] == ["run"]


def test_a_full_journal_takes_what_decides_and_no_more_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "FULL_BYTES", 100)
    journal = Runs(tmp_path).begin()
    journal.write(FIRST)
    for number in range(10):
        journal.write({"kind": "play", "number": number, "body": "x" * 60}, large=True)
    journal.write({"kind": "report"})
    journal.close()
    kinds = [each["kind"] for each in records(tmp_path / "1.jsonl")]
    assert kinds.count("play") < 10
    assert kinds[-1] == "report"


def test_a_full_disk_ends_the_journal_and_not_the_run() -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    journal = JournalFile(Full(), "1")
    journal.write(FIRST)
    journal.write(FIRST)
    assert journal.broken is not None
    assert journal.broken.strerror == "No space left on device"


def test_a_journal_is_found_by_number_or_path(tmp_path: Path) -> None:
    Runs(tmp_path).begin().close()
    assert Runs(tmp_path).find("1") == tmp_path / "1.jsonl"
    assert Runs(tmp_path / "elsewhere").find(str(tmp_path / "1.jsonl")) == tmp_path / "1.jsonl"
    with pytest.raises(UsageProblem, match="there is no run 7"):
        Runs(tmp_path).find("7")
    with pytest.raises(UsageProblem, match="there is no journal nowhere"):
        Runs(tmp_path).find("nowhere")


def test_where_nothing_can_be_written_the_user_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreProblem, match="cannot write a journal"):
        Runs(tmp_path / "file" / "chaos").begin()
    with pytest.raises(UsageProblem, match="cannot write"):
        journal_at(tmp_path / "no" / "journal")


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_what_is_no_journal_is_named_with_its_line(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("strange") / "1.jsonl"
    path.write_bytes(data + b"\n")
    with pytest.raises(FileProblem, match=r"1\.jsonl:1: "):
        list(records(path))


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.jsonl"
    path.write_bytes(b'{"kind":"run","version":99}\n')
    with pytest.raises(FileProblem, match="no journal of this version"):
        list(records(path))
