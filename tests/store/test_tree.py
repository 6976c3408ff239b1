"""Folders as content."""

import os
from pathlib import Path

import pytest

from minipaas.store.tree import digest, in_order, remove, walk


def tree(root: Path) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "run").write_bytes(b"#!/bin/sh\n")
    (root / "a.txt").write_bytes(b"one")
    (root / "link").symlink_to("a.txt")
    (root / "empty").mkdir()
    return root


def same(root: Path) -> str:
    return digest(root, walk(root))


def test_equal_trees_have_equal_digests_whatever_their_times(tmp_path: Path) -> None:
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    os.utime(two / "a.txt", (1, 1))
    (two / "a.txt").chmod(0o600)
    assert same(one) == same(two)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a.txt").write_bytes(b"two"),
        lambda root: (root / "a.txt").chmod(0o755),
        lambda root: (root / "a.txt").rename(root / "b.txt"),
        lambda root: (root / "empty").rmdir(),
        lambda root: ((root / "link").unlink(), (root / "link").symlink_to("bin")),
        lambda root: ((root / "link").unlink(), (root / "link").write_bytes(b"a.txt")),
    ],
    ids=["content", "executable", "name", "folder", "target", "kind"],
)
def test_every_change_of_content_changes_the_digest(tmp_path: Path, change: object) -> None:
    root = tree(tmp_path / "one")
    before = same(root)
    change(root)  # type: ignore[operator]
    assert same(root) != before


def test_content_cannot_move_between_files_unseen(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for root, first, second in ((one, b"ab", b"c"), (two, b"a", b"bc")):
        root.mkdir()
        (root / "x").write_bytes(first)
        (root / "y").write_bytes(second)
    assert same(one) != same(two)


def test_order_is_that_of_the_bytes_and_names_need_not_be_utf8(tmp_path: Path) -> None:
    for name in (b"b", b"a", b"\xff", "é".encode()):
        (tmp_path / os.fsdecode(name)).touch()
    assert [os.fsencode(entry.path) for entry in in_order(walk(tmp_path))] == [b"a", b"b", "é".encode(), b"\xff"]
    assert len(same(tmp_path)) == 64


def test_remove_deletes_folders_that_may_not_be_written(tmp_path: Path) -> None:
    root = tree(tmp_path / "one")
    (root / "bin").chmod(0o500)
    remove(root)
    assert not root.exists()


def test_remove_follows_no_link_and_minds_no_absence(tmp_path: Path) -> None:
    kept = tree(tmp_path / "kept")
    (tmp_path / "link").symlink_to(kept)
    remove(tmp_path / "link")
    remove(tmp_path / "never")
    assert (kept / "a.txt").exists() and not (tmp_path / "link").is_symlink()
