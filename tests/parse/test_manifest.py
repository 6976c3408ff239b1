"""The files of one app, read through a reader that is handed in."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.model.app import AppJson
from minipaas.parse.manifest import MAX_FILE_BYTES, AppFiles, read_app_files


def read(files: Mapping[str, bytes], folder: str = "") -> AppFiles:
    return read_app_files(files.get, folder)


def test_all_three_files_are_read() -> None:
    files = read({"Procfile": b"web: x\n", "app.json": b'{"name": "n"}', ".env": "A=ü\n".encode()})
    assert files.procfile is not None
    assert files.procfile.types == {"web": "x"}
    assert (files.app_json.name, files.dotenv, files.warnings) == ("n", {"A": "ü"}, ())


def test_a_folder_with_none_of_them_gives_nothing() -> None:
    assert read({}) == AppFiles(procfile=None, app_json=AppJson(), dotenv={}, warnings=())


def test_no_procfile_is_another_thing_than_an_empty_one() -> None:
    assert read({}).procfile is None
    empty = read({"Procfile": b""})
    assert empty.procfile is not None
    assert [str(warning) for warning in empty.warnings] == ["Procfile: declares no process types"]


def test_warnings_of_all_files_come_together_with_the_folder_before_the_name() -> None:
    files = read({"Procfile": b"web: x\n!", "app.json": b'{"nmae": 1}', ".env": b"1=2"}, "my apps/shop/")
    assert [str(warning).split(": ")[0] for warning in files.warnings] == [
        "my apps/shop/Procfile:2",
        "my apps/shop/app.json:1",
        "my apps/shop/.env:1",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"web: x\n\nworker: \xff\n", "Procfile:3: byte 0xff is not UTF-8"),
        (b"web: \xc3", "Procfile:1: byte 0xc3 is not UTF-8"),
        ("web: x\n".encode("utf-16"), "Procfile:1: the file is UTF-16, not UTF-8"),
        ("web: x\n".encode("utf-16-le"), "Procfile:1: this is no text: it holds a NUL byte"),
        (b"x" * (MAX_FILE_BYTES + 1), f"Procfile: larger than {MAX_FILE_BYTES} bytes"),
    ],
)
def test_bytes_that_are_no_text_are_a_fault_with_their_line(data: bytes, message: str) -> None:
    with pytest.raises(FileProblem) as caught:
        read({"Procfile": data})
    assert caught.value.message == message


def test_a_file_that_cannot_be_read_is_a_fault_of_that_file() -> None:
    def refuse(name: str) -> bytes | None:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(FileProblem, match=r"^shop/Procfile: cannot read the file: Permission denied$"):
        read_app_files(refuse, "shop")


def test_a_faulty_file_names_its_folder() -> None:
    with pytest.raises(FileProblem, match=r"^shop/app\.json:1: "):
        read({"app.json": b"{"}, "shop")


def test_the_current_folder_is_not_named() -> None:
    with pytest.raises(FileProblem, match=r"^app\.json:1: "):
        read({"app.json": b"{"}, ".")


NAMES = ("Procfile", "app.json", ".env")
contents = st.binary(max_size=200) | st.sampled_from(
    [b"web: x\n", b"{}", b'{"env": {}}', b"A=1\n", b"\xef\xbb\xbfweb: x"]
)


@given(st.dictionaries(st.sampled_from(NAMES), contents))
def test_any_bytes_give_a_model_or_a_file_problem(files: dict[str, bytes]) -> None:
    with suppress(FileProblem):
        assert isinstance(read(files), AppFiles)
