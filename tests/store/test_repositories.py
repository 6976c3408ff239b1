"""What is read of a pushed commit, with real git."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from minipaas.store.home import Home
from minipaas.store.repositories import Repositories

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(("git", *IDENTITY, *words), cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    home = Home(tmp_path / "a home")
    home.prepare()
    return Repositories(home)


@pytest.fixture
def clone(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: str) -> Path:
        folder = tmp_path / "clone"
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_bytes(text.encode())
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "first")
        return folder

    return make


def pushed(repositories: Repositories, clone: Path, *words: str) -> Path:
    """Push past the hook, which wants a platform, and export."""
    path = repositories.make("shop")
    (path / "hooks" / "pre-receive").unlink()
    git(clone, *words, "push", "-q", str(path), "main")
    commit = repositories.head("shop")
    assert commit == git(clone, "rev-parse", "HEAD")
    return repositories.export("shop", commit)


def test_a_users_own_git_settings_change_nothing_of_what_was_committed(
    repositories: Repositories, clone: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Git LFS set up and not installed, an export failed; with autocrlf, line ends changed."""
    folder = clone(__gitattributes="*.bin filter=lfs\n", photo__bin="version https://git-lfs", run__sh="a\nb\n")
    settings = tmp_path / "gitconfig"
    settings.write_text('[core]\n\tautocrlf = true\n[filter "lfs"]\n\tsmudge = false\n\trequired = true\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    exported = pushed(repositories, folder)
    assert (exported / "run.sh").read_bytes() == b"a\nb\n"
    assert (exported / "photo.bin").read_bytes() == b"version https://git-lfs"


def test_a_shallow_clone_can_push(repositories: Repositories, clone: Callable[..., Path], tmp_path: Path) -> None:
    folder = clone(Procfile="web: true\n")
    git(folder, "commit", "-q", "--allow-empty", "-m", "second")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", folder.as_uri(), str(shallow))
    assert (pushed(repositories, shallow) / "Procfile").read_text() == "web: true\n"


def test_files_links_and_modes_come_as_committed(repositories: Repositories, clone: Callable[..., Path]) -> None:
    folder = clone(run__sh="#!/bin/sh\n", __env="A=1\n", __gitattributes="run.sh export-ignore\n")
    (folder / "link").symlink_to("run.sh")
    (folder / "run.sh").chmod(0o755)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "second")
    exported = pushed(repositories, folder)
    assert (exported / "link").readlink() == Path("run.sh")
    assert os.access(exported / "run.sh", os.X_OK)
    assert sorted(path.name for path in exported.iterdir()) == [".env", ".gitattributes", "link", "run.sh"]
