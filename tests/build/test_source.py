"""Which files are the app."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from minipaas.build.source import Source, copy_source, read_commit, read_source
from minipaas.errors import UsageProblem
from minipaas.store.tree import digest, walk
from tests.build.conftest import Files, lay_out

HOME = Path("/nowhere/home")


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Files], Path]:
    def make(files: Files) -> Path:
        folder = lay_out(tmp_path / "app", files)
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "first")
        return folder

    return make


async def names(folder: Path, home: Path = HOME) -> list[str]:
    return [entry.path for entry in (await read_source(folder, home)).entries]


def head(folder: Path) -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True).stdout.strip()


async def test_a_plain_folder_is_taken_whole_but_for_what_tools_leave(tmp_path: Path) -> None:
    left_out = ["node_modules/x/i.js", ".venv/a", "venv/b", "__pycache__/c", "lib/d.pyc", ".hg/e", ".pytest_cache/f"]
    folder = lay_out(tmp_path, dict.fromkeys(["app.py", "lib/x.py", ".profile", *left_out], ""))
    assert await names(folder) == [".profile", "app.py", "lib/x.py"]


async def test_a_work_tree_gives_tracked_and_new_files_and_none_that_are_ignored(
    repository: Callable[[Files], Path],
) -> None:
    folder = repository({"app.py": "", ".gitignore": "secret\n", "node_modules/tracked.js": ""})
    lay_out(folder, {"new.py": "", "secret": ""})
    assert await names(folder) == [".gitignore", "app.py", "new.py", "node_modules/tracked.js"]


async def test_a_file_deleted_but_still_tracked_is_gone(repository: Callable[[Files], Path]) -> None:
    folder = repository({"app.py": "", "old/deep.py": ""})
    (folder / "old" / "deep.py").unlink()
    (folder / "old").rmdir()
    (folder / "old").write_text("a file now")
    assert await names(folder) == ["app.py", "old"]


async def test_one_app_of_a_large_repository_is_only_its_folder(repository: Callable[[Files], Path]) -> None:
    folder = repository({"top.py": "", "apps/one/app.py": "", "apps/two/app.py": ""})
    assert await names(folder / "apps" / "one") == ["app.py"]
    assert (await read_source(folder / "apps" / "one", HOME)).head == head(folder)


async def test_a_folder_that_git_ignores_as_a_whole_is_taken_as_a_plain_one(
    repository: Callable[[Files], Path],
) -> None:
    folder = repository({".gitignore": "scratch/\n"})
    lay_out(folder, {"scratch/app.py": ""})
    assert await names(folder / "scratch") == ["app.py"]


async def test_a_repository_inside_the_app_is_taken_too(repository: Callable[[Files], Path]) -> None:
    folder = repository({"app.py": ""})
    lay_out(folder, {"vendor/lib/a.py": ""})
    git(folder / "vendor" / "lib", "init", "-q")
    assert await names(folder) == ["app.py", "vendor/lib/a.py"]


async def test_a_git_folder_that_git_cannot_read_is_taken_with_a_warning(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"app.py": "", ".git": "gitdir: /nowhere\n"})
    source = await read_source(folder, HOME)
    assert [entry.path for entry in source.entries] == ["app.py"]
    assert [str(warning) for warning in source.warnings] == [
        ".git: git cannot list this folder: ignored files are taken too"
    ]


async def test_the_env_file_never_gets_into_a_slug(repository: Callable[[Files], Path]) -> None:
    folder = repository({".env": "SECRET=1", "app.py": "", "sub/.env": ""})
    assert await names(folder) == ["app.py", "sub/.env"]


async def test_slugignore_drops_paths_and_knows_no_negation(tmp_path: Path) -> None:
    folder = lay_out(
        tmp_path,
        {
            ".slugignore": "*.psd\n/docs\n!keep.psd\n# comment\n",
            "a.psd": "",
            "keep.psd": "",
            "docs/x": "",
            "lib/docs/y": "",
        },
    )
    source = await read_source(folder, HOME)
    assert [entry.path for entry in source.entries] == [".slugignore", "lib/docs/y"]
    assert [str(warning) for warning in source.warnings] == [
        ".slugignore:3: a pattern that starts with `!` has no effect in a .slugignore"
    ]


async def test_a_home_inside_the_app_is_not_swallowed(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"app.py": "", ".minipaas/slugs/x/app/app.py": ""})
    assert await names(folder, folder / ".minipaas") == ["app.py"]


async def test_a_tracked_folder_that_holds_the_home_is_not_swallowed_either(
    repository: Callable[[Files], Path],
) -> None:
    folder = repository({"app.py": ""})
    lay_out(folder, {"state/slugs/x": ""})
    assert await names(folder, folder / "state") == ["app.py"]


async def test_pipes_and_sockets_are_left_out_with_a_warning(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, {"app.py": ""})
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "sock"))
    source = await read_source(folder, HOME)
    assert [entry.path for entry in source.entries] == ["app.py"]
    assert sorted(warning.path for warning in source.warnings) == ["pipe", "sock"]


@pytest.mark.parametrize("make", [lambda folder: None, lambda folder: folder.mkdir()], ids=["absent", "empty"])
async def test_no_folder_and_no_files_are_told(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "app")
    with pytest.raises(UsageProblem, match="cannot build"):
        await read_source(tmp_path / "app", HOME)


async def test_the_version_is_the_commit_while_nothing_differs_from_it(repository: Callable[[Files], Path]) -> None:
    folder = repository({"app.py": "one", "other.py": ""})
    assert (await read_source(folder, HOME)).version == head(folder)[:8]
    (folder / "app.py").write_text("two")
    source = await read_source(folder, HOME)
    assert (source.head, source.version) == (None, source.digest[:8])


async def test_git_hooks_environment_does_not_mislead(
    repository: Callable[[Files], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository({"app.py": ""})
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert await names(folder) == ["app.py"]


async def test_a_repositorys_own_programs_are_not_run_by_looking_at_it(
    repository: Callable[[Files], Path], tmp_path: Path
) -> None:
    folder = repository({"app.py": ""})
    git(folder, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    await read_source(folder, HOME)
    assert not (tmp_path / "ran").exists()


async def read_and_copy(folder: Path, target: Path) -> tuple[Source, str]:
    source = await read_source(folder, HOME)
    target.mkdir()
    return source, copy_source(source, target)


async def test_a_copy_keeps_links_modes_and_times(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "app", {"bin/run": "x", "a/b/c.txt": "y", "plain": "z"})
    (folder / "link").symlink_to("a/b")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "plain").chmod(0o440)
    os.utime(folder / "plain", (1000, 1000))
    source, copied = await read_and_copy(folder, tmp_path / "copy")
    copy = tmp_path / "copy"
    assert copied == source.digest
    assert (copy / "bin" / "run").stat().st_mode & 0o777 == 0o755
    assert (copy / "plain").stat().st_mode & 0o777 == 0o640, "the owner may write: a buildpack may edit any file"
    assert (copy / "plain").stat().st_mtime == 1000
    assert ((copy / "link").readlink(), (copy / "dangling").readlink()) == (Path("a/b"), Path("nowhere"))
    entries = [entry for entry in walk(copy) if not entry.is_folder]
    assert digest(copy, entries) == source.digest


async def test_a_file_saved_between_reading_and_copying_is_told_by_the_copys_digest(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "app", {"app.py": "one"})
    source = await read_source(folder, HOME)
    (folder / "app.py").write_text("two")
    (tmp_path / "copy").mkdir()
    assert copy_source(source, tmp_path / "copy") == (await read_source(folder, HOME)).digest != source.digest


async def test_names_need_not_be_ascii_nor_utf8(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "ein Ordner é", {"naïve datei.txt": "x"})
    (folder / os.fsdecode(b"\xff.txt")).touch()
    source, copied = await read_and_copy(folder, tmp_path / "copy")
    assert copied == source.digest
    copied_names = sorted(os.fsencode(path.name) for path in (tmp_path / "copy").iterdir())
    assert copied_names == ["naïve datei.txt".encode(), b"\xff.txt"]


async def test_of_a_commit_all_is_the_app_save_what_slugignore_names(tmp_path: Path) -> None:
    """`.env` and vendored packages were left out of a pushed app."""
    files = {".env": "A=1", "node_modules/a/index.js": "", "venv/x.pyc": "", "spec/a": "", ".slugignore": "spec/\n"}
    source = await read_commit(lay_out(tmp_path / "app", files), "1a2b3c4d" + "0" * 32)
    assert [entry.path for entry in source.entries] == [
        ".env",
        ".slugignore",
        "node_modules/a/index.js",
        "venv/x.pyc",
    ]
    assert source.version == "1a2b3c4d"


async def test_an_empty_commit_cannot_be_built(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no files"):
        await read_commit(tmp_path, "1" * 40)
