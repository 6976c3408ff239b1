"""The stack a dyno sees."""

from pathlib import Path

from minipaas.runtime.bwrap import write_users
from minipaas.runtime.stack import find_stack
from tests.runtime.conftest import only
from tests.runtime.place import Place

BASE = "/usr/local/bin:/usr/bin:/bin"


def programs(home: Path, *folders: str) -> None:
    for folder in folders:
        (home / folder).mkdir(parents=True)


def test_nothing_installed_gives_herokus_path(tmp_path: Path) -> None:
    stack = find_stack({"PATH": "/home/me/venv/bin:/nowhere"}, tmp_path)
    assert (stack.folders, stack.path) == ((), BASE)


def test_versions_come_newest_first_after_the_systems_programs(tmp_path: Path) -> None:
    programs(tmp_path, *(f".pyenv/versions/{version}/bin" for version in ("3.9.18", "3.12.1", "3.11.7")))
    programs(tmp_path, ".nvm/versions/node/v20.1.0/bin", ".local/share/uv/python/cpython-3.13.0-linux/bin")
    stack = find_stack({}, tmp_path)
    assert [folder.relative_to(tmp_path) for folder in stack.folders] == [
        Path(".pyenv/versions"),
        Path(".nvm/versions"),
        Path(".local/share/uv/python"),
    ]
    assert stack.path.replace(f"{tmp_path}/", "") == ":".join(
        (
            BASE,
            ".pyenv/versions/3.12.1/bin",
            ".pyenv/versions/3.11.7/bin",
            ".pyenv/versions/3.9.18/bin",
            ".nvm/versions/node/v20.1.0/bin",
            ".local/share/uv/python/cpython-3.13.0-linux/bin",
        )
    )


def test_the_callers_own_choice_comes_first(tmp_path: Path) -> None:
    programs(tmp_path, *(f".nvm/versions/node/v{version}/bin" for version in (18, 20, 22)))
    chosen = tmp_path / ".nvm/versions/node/v18/bin"
    stack = find_stack({"PATH": f"{tmp_path}/bin:{chosen}:/usr/bin"}, tmp_path)
    assert stack.path.split(":")[3] == str(chosen)


def test_pyenvs_global_version_comes_before_the_newest(tmp_path: Path) -> None:
    root = tmp_path / "moved"
    programs(root, "versions/3.11.7/bin", "versions/3.13.0/bin")
    (root / "version").write_text("3.11.7\nsystem\n")
    stack = find_stack({"PYENV_ROOT": str(root)}, tmp_path)
    assert stack.path.split(":")[3:] == [str(root / "versions/3.11.7/bin"), str(root / "versions/3.13.0/bin")]


def test_the_dynos_accounts_are_the_systems_and_its_own(tmp_path: Path) -> None:
    write_users(tmp_path / "etc")
    lines = (tmp_path / "etc" / "passwd").read_text().splitlines()
    assert lines[-1] == "dyno:x:1000:1000::/app:/bin/bash"
    assert any(line.startswith("root:") for line in lines)
    assert len([line for line in lines if line.split(":")[2] == "1000"]) == 1


@only("sandbox")
async def test_names_are_resolved_in_a_dyno_as_outside(place: Place) -> None:
    ended = await place.run("getent hosts localhost && test -r /etc/resolv.conf && echo fine")
    assert ended.text.split()[-1] == "fine"
