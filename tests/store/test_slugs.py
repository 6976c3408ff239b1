"""Slugs on disk."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from minipaas.errors import NotFound, StoreProblem
from minipaas.store.home import Home
from minipaas.store.slugs import SlugFacts, Slugs
from minipaas.store.tree import remove

FACTS = SlugFacts(process_types={"web": "run", "clock": "tick"}, default_types=("clock",), buildpack="python")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


@pytest.fixture
def slugs(home: Home) -> Slugs:
    return Slugs(home)


def built(home: Home, text: str = "hello") -> Path:
    folder = home.builds / f"work-{text}"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "run").write_text(text)
    (folder / "bin" / "run").chmod(0o755)
    return folder


def test_a_stored_slug_is_found_again_with_all_its_facts(home: Home, slugs: Slugs) -> None:
    slug = slugs.store(built(home), FACTS)
    slugs.remember("key", slug.id)
    again = Slugs(home).find("key")
    assert again == slug
    assert list(slug.process_types.items()) == [("web", "run"), ("clock", "tick")]
    assert (slug.default_types, slug.buildpack, slug.stack, slug.size_bytes) == (("clock",), "python", "host", 5)
    assert (slug.root / "bin" / "run").read_text() == "hello"


def test_a_mapped_user_can_read_a_slug(home: Home, slugs: Slugs) -> None:
    folder = built(home)
    folder.chmod(0o700)
    slug = slugs.store(folder, FACTS)
    assert slug.root.stat().st_mode & 0o777 == 0o755
    assert slug.root.parent.stat().st_mode & 0o777 == 0o755


def test_the_same_content_is_one_slug(home: Home, slugs: Slugs) -> None:
    one = slugs.store(built(home), FACTS)
    two = slugs.store(built(home), FACTS)
    assert one == two
    assert len(slugs.all()) == 1


def test_other_process_types_make_another_slug(home: Home, slugs: Slugs) -> None:
    one = slugs.store(built(home), FACTS)
    two = slugs.store(built(home), SlugFacts(process_types={"web": "other"}))
    assert one.id != two.id


def test_nothing_is_found_under_an_unknown_key(slugs: Slugs) -> None:
    assert slugs.find("key") is None


def test_a_slug_whose_folder_the_user_deleted_is_not_found(home: Home, slugs: Slugs) -> None:
    slug = slugs.store(built(home), FACTS)
    slugs.remember("key", slug.id)
    (slug.root.parent / "slug.json").unlink()
    assert slugs.find("key") is None
    with pytest.raises(NotFound):
        slugs.get(slug.id)


@pytest.mark.parametrize("slug_id", ["", "../x", "0" * 63, "a/" * 32])
def test_what_is_no_id_is_not_found(slugs: Slugs, slug_id: str) -> None:
    with pytest.raises(NotFound):
        slugs.get(slug_id)


def test_a_slug_whose_interpreter_is_gone_is_not_found_so_that_it_is_built_again(
    home: Home, slugs: Slugs, tmp_path: Path
) -> None:
    interpreter = tmp_path / "python3.11"
    interpreter.touch()
    folder = built(home)
    (folder / "python").symlink_to(interpreter)
    slugs.remember("key", slugs.store(folder, FACTS).id)
    assert slugs.find("key") is not None
    interpreter.unlink()
    assert slugs.find("key") is None


def test_a_link_into_the_dyno_is_no_reason_to_build_again(home: Home, slugs: Slugs) -> None:
    folder = built(home)
    (folder / "current").symlink_to("/app/nowhere")
    slugs.remember("key", slugs.store(folder, FACTS).id)
    assert slugs.find("key") is not None


def test_verify_tells_a_changed_file(home: Home, slugs: Slugs) -> None:
    slug = slugs.store(built(home), FACTS)
    slugs.verify(slug.id)
    (slug.root / "bin" / "run").write_text("worse")
    with pytest.raises(StoreProblem, match="not those that were built"):
        slugs.verify(slug.id)


def test_a_damaged_description_is_told_with_what_to_do(home: Home, slugs: Slugs) -> None:
    slug = slugs.store(built(home), FACTS)
    (slug.root.parent / "slug.json").write_text("{}")
    with pytest.raises(StoreProblem, match="not what a build wrote") as told:
        slugs.get(slug.id)
    assert told.value.hint and "build again" in told.value.hint


def test_prune_keeps_what_is_named_and_clears_what_a_killed_build_left(home: Home, slugs: Slugs) -> None:
    kept, gone = slugs.store(built(home, "a"), FACTS), slugs.store(built(home, "b"), FACTS)
    slugs.remember("a", kept.id)
    slugs.remember("b", gone.id)
    (home.slugs / ".new-123" / "app").mkdir(parents=True)
    assert slugs.prune({kept.id}) == [gone.id]
    assert slugs.find("a") == kept
    assert slugs.find("b") is None
    assert json.loads((home.slugs / "index.json").read_text()) == {"a": kept.id}
    assert not (home.slugs / ".new-123").exists()


def test_sockets_and_pipes_do_not_get_into_a_slug(home: Home, slugs: Slugs) -> None:
    folder = built(home)
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    slug = slugs.store(folder, FACTS)
    assert sorted(path.name for path in slug.root.iterdir()) == ["bin"]


def test_a_slug_that_cannot_be_kept_leaves_the_build_as_it_was(home: Home, slugs: Slugs) -> None:
    folder = built(home)
    home.slugs.rmdir()
    home.slugs.write_text("in the way")
    with pytest.raises(StoreProblem, match="cannot keep the slug"):
        slugs.store(folder, FACTS)
    assert (folder / "bin" / "run").read_text() == "hello"


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_leaves_no_half_made_slug(small_disk: Path) -> None:
    home = Home(small_disk)
    home.prepare()
    slugs = Slugs(home)
    folder = built(home)
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(StoreProblem) as told:
        slugs.store(folder, FACTS)
    assert told.value.hint == "free some space in the state folder and try again"
    assert list(home.slugs.iterdir()) == []
    (small_disk / "filler").unlink()
    assert slugs.store(folder, FACTS).size_bytes == 5


def _cut(folder: Path) -> None:
    (folder / "app" / "bin" / "run").write_text("")


def _without_a_file(folder: Path) -> None:
    (folder / "app" / "bin" / "run").unlink()


def _without_files(folder: Path) -> None:
    remove(folder / "app")


def _undescribed(folder: Path) -> None:
    (folder / "slug.json").write_text("{")


@pytest.mark.parametrize("damage", [_cut, _without_a_file, _without_files, _undescribed])
def test_a_damaged_slug_is_noticed_forgotten_and_made_again(
    home: Home, slugs: Slugs, damage: Callable[[Path], None]
) -> None:
    slug = slugs.store(built(home), FACTS)
    slugs.remember("key", slug.id)
    assert slugs.whole(slug.id)
    damage(home.slugs / slug.id)
    assert not slugs.whole(slug.id)
    with pytest.raises(StoreProblem):
        slugs.verify(slug.id)
    slugs.forget(slug.id)
    assert slugs.find("key") is None
    assert slugs.store(built(home), FACTS) == slug
    assert slugs.whole(slug.id)
    slugs.verify(slug.id)
