"""Where servers are looked for, and in which order."""

from pathlib import Path

import pytest

from minipaas.addons.search import Programs
from minipaas.errors import Missing
from tests.addons.conftest import WHEELS


def program(path: Path, says: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path.parent


def cluster(folder: Path, version: int) -> Path:
    program(folder / "initdb")
    return program(folder / "postgres", f"postgres (PostgreSQL) {version}.3 (Somewhere 1)")


def programs(tmp_path: Path, package: Path | None = None) -> Programs:
    return Programs(path=str(tmp_path / "path"), debian=tmp_path / "debian", package=lambda _name: package)


def test_the_newest_whole_server_of_the_system_goes_first(tmp_path: Path) -> None:
    for version in (9, 15, 16):
        cluster(tmp_path / "debian" / str(version) / "bin", version)
    program(tmp_path / "debian" / "17" / "bin" / "psql")
    cluster(tmp_path / "path", 18)
    found = programs(tmp_path).postgres()
    assert (found.major, found.folder) == (16, tmp_path / "debian" / "16" / "bin")


def test_then_the_path_then_the_package(tmp_path: Path) -> None:
    package = tmp_path / "package"
    cluster(package / "pginstall" / "bin", 18)
    assert programs(tmp_path, package).postgres().major == 18
    cluster(tmp_path / "path", 14)
    assert programs(tmp_path, package).postgres().major == 14


def test_data_is_opened_by_the_version_that_made_it(tmp_path: Path) -> None:
    package = tmp_path / "package"
    cluster(package / "pginstall" / "bin", 18)
    cluster(tmp_path / "debian" / "15" / "bin", 15)
    assert programs(tmp_path, package).postgres(18).major == 18
    with pytest.raises(Missing) as told:
        programs(tmp_path, package).postgres(16)
    assert "PostgreSQL 16" in told.value.message
    assert "apt-get install postgresql-16" in (told.value.hint or "")


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_nothing_installed_is_told_with_what_to_install(tmp_path: Path, kind: str) -> None:
    with pytest.raises(Missing) as told:
        getattr(programs(tmp_path), kind)()
    assert "apt-get install" in (told.value.hint or "")
    assert "pip install 'minipaas[addons]'" in (told.value.hint or "")


def test_valkey_stands_for_redis(tmp_path: Path) -> None:
    program(tmp_path / "path" / "valkey-server")
    assert programs(tmp_path).redis().server.name == "valkey-server"
    program(tmp_path / "path" / "redis-server")
    assert programs(tmp_path).redis().server.name == "redis-server"


def test_the_packages_are_found_without_being_imported() -> None:
    assert WHEELS.postgres().major >= 18
    assert WHEELS.redis().server.name == "valkey-server"


@pytest.mark.parametrize(
    ("says", "untitled"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=1", True),
        ("Valkey server v=8.1.8 sha=00000000:1 malloc=libc bits=64 build=7", True),
        ("Redis server v=6.2.0 sha=0", True),
        ("Redis server v=6.0.16 sha=0", False),
        ("Redis server v=5.0.14 sha=0", False),
        ("", False),
    ],
)
def test_an_old_redis_is_not_told_what_it_does_not_know(tmp_path: Path, says: str, untitled: bool) -> None:
    program(tmp_path / "path" / "redis-server", says)
    assert programs(tmp_path).redis().untitled is untitled
