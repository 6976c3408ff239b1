"""What a dyno changed, against a model: the same random acts in a real dyno and in a dictionary."""

import os
import random
import shlex
from pathlib import Path

import pytest

from minipaas.runtime.layers import Layers, is_noise, overlay_changes, same_content
from tests.runtime.conftest import only
from tests.runtime.place import SLUG, Place, make_slug

NAMES = ("kept.txt", "changed.txt", "gone.txt", "lib/one.py", "lib/two.py", "new", "a b/ü 'q'", "a b/c/d")


def random_acts(rng: random.Random, files: dict[str, bytes]) -> list[str]:
    """A shell script's lines; `files` is brought to what they leave."""
    lines = []
    for number in range(rng.randint(5, 25)):
        name = rng.choice(NAMES)
        quoted, folder = shlex.quote(name), name.rpartition("/")[0]
        match rng.randint(0, 4):
            case 0 | 1:
                lines.append(f"mkdir -p ./{shlex.quote(folder)}; printf {number} > {quoted}")
                files[name] = b"%d" % number
            case 2:
                lines.append(f"rm -f {quoted}")
                files.pop(name, None)
            case 3 if folder:
                lines.append(f"rm -rf {shlex.quote(folder)}")
                for below in [other for other in files if other.startswith(f"{folder}/")]:
                    del files[below]
            case _:
                lines.append(f"[ ! -e {quoted} ] || {{ chmod 640 {quoted}; touch {quoted}; }}")
    return lines


def expected(before: dict[str, bytes], after: dict[str, bytes]) -> set[tuple[str, str]]:
    added = {("A", f"/app/{name}") for name in after.keys() - before.keys()}
    deleted = {("D", f"/app/{name}") for name in before.keys() - after.keys()}
    both = before.keys() & after.keys()
    return added | deleted | {("M", f"/app/{name}") for name in both if before[name] != after[name]}


@only("sandbox", "process")
@pytest.mark.parametrize("seed", range(8))
async def test_writes_are_what_a_model_says(place: Place, seed: int) -> None:
    after = dict(SLUG)
    lines = random_acts(random.Random(seed), after)
    ended = await place.run("\n".join(lines))
    assert ended.output == b""
    assert ended.changes() == expected(SLUG, after), lines


@only("sandbox")
@pytest.mark.parametrize("seed", range(4))
async def test_an_upper_folder_kept_gives_the_next_dyno_what_the_last_one_had(place: Place, seed: int) -> None:
    after = dict(SLUG)
    first = await place.run("\n".join(random_acts(random.Random(100 + seed), after)))
    kept = place.host.area / first.process.id / "app"
    second = await place.run("find . -type f -print0 | sort -z", kept=(kept,))
    assert set(second.text.replace("./", "").split("\0")) - {""} == set(after)
    assert second.changes() == set()


def test_find_respects_deletions_and_opaque_folders(tmp_path: Path) -> None:
    low = make_slug(tmp_path / "low", {"a": b"1", "d/x": b"1", "d/y": b"1", "e/z": b"1"})
    high = make_slug(tmp_path / "high", {"d/x": b"2", "e": b"a file now"})
    os.setxattr(high / "d", "user.overlay.opaque", b"y")
    layers = Layers((low, high))
    assert layers.find("a") == low / "a"
    assert layers.find("d/x") == high / "d/x"
    assert layers.find("d/y") is None
    assert layers.find("e/z") is None
    assert layers.find("none") is None
    assert layers.files() == {"a": low / "a", "d/x": high / "d/x", "e": high / "e"}
    assert layers.files("d") == {"d/x": high / "d/x"}


def test_special_files_and_compiled_python_are_left_out(tmp_path: Path) -> None:
    upper = make_slug(tmp_path / "upper", {"x.pyc": b"", "__pycache__/y": b"", "z": b""})
    os.mkfifo(upper / "pipe")
    assert [change.path for change in overlay_changes(upper, Layers(()))] == ["/app/z"]


def test_symbolic_links_are_compared_by_where_they_point(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    one.symlink_to("target")
    two.symlink_to("target")
    three.write_text("target")
    assert same_content(one, two)
    assert not same_content(one, three)
    assert not same_content(one, tmp_path / "none")


@pytest.mark.parametrize(
    ("path", "noise"), [("a.pyc", True), ("x/__pycache__/y", True), ("a.py", False), ("pycache/x", False)]
)
def test_noise(path: str, noise: bool) -> None:
    assert is_noise(path) is noise
