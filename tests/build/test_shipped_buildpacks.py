"""The shipped buildpacks' scripts, one by one and without a network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

import minipaas
from minipaas.build.detect import SHIPPED_ORDER, shipped_folder
from tests.build.conftest import Files, lay_out

SHIPPED = shipped_folder()
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node here")


def run(script: str, *words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SHIPPED / script, *words],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
    )


def detected(folder: Path) -> list[str]:
    return [name for name in SHIPPED_ORDER if run(f"{name}/bin/detect", folder).returncode == 0]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"requirements.txt": ""}, ["python"]),
        ({"pyproject.toml": ""}, ["python"]),
        ({"app.py": ""}, ["python"]),
        ({"package.json": "{}"}, ["nodejs"]),
        ({"package.json": "{}", "requirements.txt": ""}, ["nodejs", "python"]),
        ({"index.html": ""}, ["static"]),
        ({"dist/index.html": ""}, ["static"]),
        ({"static.json": "{}"}, ["static"]),
        ({"index.html": "", "package.json": "{}"}, ["nodejs", "static"]),
        ({"bin/detect": "#!/bin/sh\necho Mine", "bin/compile": ""}, ["inline"]),
        ({"bin/detect": "#!/bin/sh\nexit 1", "bin/compile": ""}, []),
        ({"bin/detect": "#!/bin/sh\n"}, []),
        ({"Gemfile": ""}, []),
    ],
)
def test_each_knows_its_own(tmp_path: Path, files: Files, names: list[str]) -> None:
    assert detected(lay_out(tmp_path / "an app", files)) == names


@pytest.mark.parametrize("name", SHIPPED_ORDER)
def test_every_script_can_be_run(name: str) -> None:
    for script in ("detect", "compile", "release"):
        assert os.access(SHIPPED / name / "bin" / script, os.X_OK)
    assert (SHIPPED / name / "README.md").is_file()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck here")
def test_the_scripts_pass_shellcheck() -> None:
    for folder in (SHIPPED / name for name in SHIPPED_ORDER):
        scripts = [*folder.glob("bin/*"), *folder.glob("lib/*.sh")]
        found = subprocess.run(["shellcheck", "-x", "-P", folder, *scripts], capture_output=True, text=True)
        assert found.stdout == ""
    driver = Path(minipaas.__file__).parent / "build" / "slugcompiler.sh"
    assert subprocess.run(["shellcheck", driver], capture_output=True, text=True).stdout == ""


def released(name: str, folder: Path) -> dict[str, object]:
    ended = run(f"{name}/bin/release", folder)
    assert ended.returncode == 0
    return dict(yaml.safe_load(ended.stdout))


@needs_node
@pytest.mark.parametrize(
    ("files", "types"),
    [
        ({"package.json": '{"scripts": {"start": "node x"}}'}, {"web": "npm start"}),
        ({"package.json": "{}", "server.js": ""}, {"web": "npm start"}),
        ({"package.json": "{}"}, {}),
        ({"package.json": '{"scripts": {"start": "x"}}', "Procfile": "mcp-tools: node mcp.js\n"}, {}),
    ],
)
def test_node_apps_start_by_npm_start(tmp_path: Path, files: Files, types: dict[str, str]) -> None:
    assert released("nodejs", lay_out(tmp_path, files)) == {"addons": [], "default_process_types": types}


def test_python_apps_have_no_default_types_and_django_with_psycopg_wants_a_database(tmp_path: Path) -> None:
    assert released("python", lay_out(tmp_path, {"requirements.txt": ""})) == {}
    libraries = ".heroku/python/lib/python3.11/site-packages"
    lay_out(tmp_path, {"manage.py": "", f"{libraries}/django/x": "", f"{libraries}/psycopg2/x": ""})
    assert released("python", tmp_path) == {"addons": ["heroku-postgresql"]}


def digest_of(folder: Path) -> Sequence[str]:
    script = SHIPPED / "python" / "lib" / "requirements.py"
    ended = subprocess.run(
        [sys.executable, "-I", script, "requirements.txt"], cwd=folder, capture_output=True, text=True, check=True
    )
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("line", "local"),
    [
        ("flask==3.0", False),
        ("flask[async]>=3 ; python_version > '3.9'", False),
        ("git+https://example.com/x.git#egg=x", False),
        ("https://example.com/x-1.0.tar.gz", False),
        ("-e git+https://example.com/x.git#egg=x", False),
        ("--index-url https://example.com/simple", False),
        ("# ./comment", False),
        (".", True),
        ("-e .", True),
        ("-e ./lib", True),
        ("--editable=./lib", True),
        ("../lib", True),
        (".[extra]", True),
        ("lib/package", True),
        ("x @ file:///app/lib", True),
        ("file:lib", True),
    ],
)
def test_a_folder_of_the_app_among_the_requirements_is_seen(tmp_path: Path, line: str, local: bool) -> None:
    found = digest_of(lay_out(tmp_path, {"requirements.txt": f"{line}\n"}))
    assert found[1:] == (["local"] if local else [])


def test_what_requirements_include_counts_for_the_cache(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {"requirements.txt": "-r sub/base.txt  # all\n-c limits.txt\n", "sub/base.txt": "--requirement=more.txt\n"},
    )
    seen = {digest_of(tmp_path)[0]}
    for name in ("sub/more.txt", "limits.txt", "sub/base.txt", "requirements.txt"):
        lay_out(tmp_path, {name: "flask\n-r requirements.txt\n"})
        seen.add(digest_of(tmp_path)[0])
    assert len(seen) == 5


def relocate(venv: Path, build: Path) -> None:
    script = SHIPPED / "python" / "lib" / "relocate.py"
    subprocess.run([sys.executable, "-I", script, venv, build], check=True)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """As much of a venv as relocation touches."""
    folder = tmp_path / "the build" / ".heroku" / "python"
    (folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


@pytest.mark.parametrize(
    "head",
    [
        "#!{venv}/bin/python\n",
        "#!{venv}/bin/python3.11\r\n",
        "#!/bin/sh\n'''exec' \"{venv}/bin/python3\" \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' {venv}/bin/python \"$0\" \"$@\"\n' '''\n",
    ],
)
def test_scripts_run_wherever_their_folder_is(venv: Path, tmp_path: Path, head: str) -> None:
    body = "# -*- coding: utf-8 -*-\nimport sys\nprint(sys.argv[1:], 'é')\n"
    lay_out(
        venv, {"bin/tool": head.format(venv=venv) + body, "bin/activate": "x", "bin/other": "#!/bin/sh\necho no\n"}
    )
    for _ in range(2):
        relocate(venv, venv.parents[1])
    moved = (tmp_path / "the build").rename(tmp_path / "elsewhere")
    tool = moved / ".heroku" / "python" / "bin" / "tool"
    link = tmp_path / "link"
    link.symlink_to(tool)
    for path in (tool, link):
        ended = subprocess.run([path, "a b", "c"], capture_output=True, text=True)
        assert (ended.stdout, ended.stderr) == ("['a b', 'c'] é\n", "")
    assert not tool.with_name("activate").exists()
    assert tool.with_name("other").read_text() == "#!/bin/sh\necho no\n"


def test_editable_installs_are_found_wherever_the_app_is(venv: Path, tmp_path: Path) -> None:
    build = venv.parents[1]
    site = venv / "lib" / "python3.11" / "site-packages"
    finder = f"from __future__ import annotations\nMAPPING = {{'x': '{build}/src/x', 'y': '{build}'}}\n"
    lay_out(site, {"x.pth": f"{build}/src\n{build}\n/other/path\nimport os\n", "__editable___x_finder.py": finder})
    relocate(venv, build)
    moved = build.rename(tmp_path / "elsewhere")
    site = moved / ".heroku" / "python" / "lib" / "python3.11" / "site-packages"
    lines = (site / "x.pth").read_text().splitlines()
    assert [os.path.normpath(site / line) for line in lines[:2]] == [str(moved / "src"), str(moved)]
    assert lines[2:] == ["/other/path", "import os"]
    ended = subprocess.run(
        [sys.executable, "-c", "import __editable___x_finder as f; print(f.MAPPING)"],
        cwd=site,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == f"{{'x': '{moved}/src/x', 'y': '{moved}'}}\n"


def fake_python(folder: Path, version: str, can_make_venv: bool = True) -> None:
    minor = ".".join(version.split(".")[:2])
    status = 0 if can_make_venv else 1
    script = f'#!/bin/bash\ncase $* in *version_info*) echo "{version} ${{@: -1}}";; *) exit {status};; esac\n'
    lay_out(folder, {f"bin/python{minor}": script})


def choose(folder: Path, path: Sequence[Path], **config: str) -> str:
    (folder / "env").mkdir()
    for name, value in config.items():
        (folder / "env" / name).write_text(value)
    lib = SHIPPED / "python" / "lib"
    script = f"set -euo pipefail; env_dir={folder}/env; cd {folder}; "
    script += "".join(f". {lib}/{name}.sh; " for name in ("output", "config", "versions"))
    ended = subprocess.run(
        ["bash", "-c", script + 'choose_python; echo "chosen $python_version"'],
        env={"PATH": ":".join([*map(str, path), "/usr/bin", "/bin"])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ended.stdout


@pytest.mark.parametrize(
    ("files", "config", "said"),
    [
        ({".python-version": "3.71"}, {}, "Using Python 3.71.4 specified in .python-version"),
        ({".python-version": "# us\n\n 3.71.4 # exact\r\n"}, {}, "chosen 3.71.4"),
        ({".python-version": "3.71.1"}, {}, ".python-version says 3.71.1; of 3.71 this machine has 3.71.4"),
        ({".python-version": "3.72"}, {}, "3.72.0  {folder}/three/bin/python3.72 (without the venv module"),
        ({".python-version": "pypy3"}, {}, "Error: Invalid Python version in .python-version."),
        ({".python-version": ""}, {}, "Error: Invalid Python version in .python-version."),
        ({"runtime.txt": "python-3.71.x\n"}, {}, "Warning: The runtime.txt file is deprecated."),
        ({".python-version": "3.99"}, {"MINIPAAS_PYTHON": "3.71"}, "specified in MINIPAAS_PYTHON"),
        ({}, {}, "No Python version was specified"),
    ],
)
def test_the_version_is_chosen_among_those_here(tmp_path: Path, files: Files, config: Files, said: str) -> None:
    fake_python(tmp_path / "one", "3.71.4")
    fake_python(tmp_path / "three", "3.72.0", can_make_venv=False)
    folder = lay_out(tmp_path / "app", {"requirements.txt": "", **files})
    output = choose(folder, [tmp_path / "one" / "bin", tmp_path / "three" / "bin"], **config)
    assert said.format(folder=tmp_path) in output


def test_shims_and_venvs_in_path_are_passed_over(tmp_path: Path) -> None:
    fake_python(tmp_path / "venv", "3.73.0")
    lay_out(tmp_path / "venv", {"pyvenv.cfg": ""})
    fake_python(tmp_path / "x", "3.73.1")
    (tmp_path / "x" / "bin").rename(tmp_path / "x" / "shims")
    folder = lay_out(tmp_path / "app", {".python-version": "3.73"})
    assert "is not on this machine" in choose(folder, [tmp_path / "venv" / "bin", tmp_path / "x" / "shims"])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"Pipfile": ""}, "pipenv requirements > requirements.txt"),
        ({"pyproject.toml": "[tool.poetry]", "poetry.lock": ""}, "poetry export"),
        ({"uv.lock": ""}, "uv.lock was found without a pyproject.toml"),
        ({"app.py": ""}, "touch requirements.txt"),
        ({"pyproject.toml": "[tool.ruff]\n"}, "Couldn't find any supported Python package manager files."),
        ({"app.py": "", "Requirements.txt": ""}, "There is a Requirements.txt: the name must be requirements.txt"),
    ],
)
def test_what_cannot_be_built_is_told_with_the_remedy(tmp_path: Path, files: Files, said: str) -> None:
    for name in ("cache", "env"):
        (tmp_path / name).mkdir()
    folder = lay_out(tmp_path / "app", files)
    ended = run("python/bin/compile", folder, tmp_path / "cache", tmp_path / "env")
    assert ended.returncode == 1
    assert said in ended.stderr


@needs_node
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"package.json": "{"}, "Error: Unable to parse package.json."),
        ({"package.json": '{"engines": {"node": "one"}}'}, 'Invalid semantic version "one" in engines.node.'),
        (
            {"package.json": "{}", "package-lock.json": "", "yarn.lock": ""},
            "Two different lockfiles found: npm yarn.",
        ),
    ],
)
def test_what_node_apps_have_wrong_is_told(tmp_path: Path, files: Files, said: str) -> None:
    for name in ("cache", "env"):
        (tmp_path / name).mkdir()
    ended = run("nodejs/bin/compile", lay_out(tmp_path / "app", files), tmp_path / "cache", tmp_path / "env")
    assert ended.returncode == 1
    assert said in ended.stderr
