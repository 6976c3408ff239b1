"""A formation that names what the app has not, refused before anything is built."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from minipaas.control.appfiles import names_all_types, read_files
from minipaas.control.config import check_types
from minipaas.control.settings import AppSpec
from minipaas.errors import UsageProblem
from minipaas.model.app import FormationEntry, Procfile

PROCFILE = Procfile({"worker": "python w.py", "release": "python r.py"})


@pytest.mark.parametrize("type_", ["worker", "web"])
def test_types_of_the_procfile_and_web_pass(type_: str) -> None:
    check_types(PROCFILE, {type_: FormationEntry(2)})


@pytest.mark.parametrize("type_", ["wrker", "release"])
def test_a_type_that_no_dyno_can_have_is_refused(type_: str) -> None:
    with pytest.raises(UsageProblem, match=type_):
        check_types(PROCFILE, {type_: FormationEntry(2)})


@pytest.mark.parametrize(
    ("files", "buildpacks", "all_known"),
    [
        ({"Procfile": "web: x"}, (), True),
        ({}, (), False),
        ({"Procfile": "web: x"}, ("https://example.com/other.git",), False),
        ({"Procfile": "web: x", "app.json": '{"buildpacks": [{"url": "heroku/ruby"}]}'}, (), False),
        ({"Procfile": "web: x", "bin/compile": ""}, (), False),
    ],
)
def test_a_buildpack_that_is_not_ours_may_add_types(
    tmp_path: Path, files: Mapping[str, str], buildpacks: tuple[str, ...], all_known: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    spec = AppSpec(name="app", folder=tmp_path, buildpacks=buildpacks)
    assert names_all_types(spec, read_files(spec)) is all_known
