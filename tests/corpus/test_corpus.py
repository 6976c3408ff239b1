"""The corpus is sound: labels valid, twins alike, and nothing but behaviour gives a label away."""

import difflib
import py_compile
import subprocess
from collections import Counter
from collections.abc import Callable
from shutil import which

import pytest

from tests.corpus.labels import KEYS, Label, faults, read

PARTS = ("apps", "heldout", "unseen")
BY_PART = {part: read(part) for part in PARTS}
ALL = [label for part in PARTS for label in BY_PART[part]]
BY_NAME = {label.app: label for label in ALL}
PAIRS = [(label, BY_NAME[label.twin]) for label in ALL if label.app < label.twin]
#: Lines that go plus lines that come.
MOST_CHANGED_LINES = 30
#: These may tell twins apart, for it is what they are about.
ABOUT_THE_PROCFILE = {"thumbs"}

each = pytest.mark.parametrize("label", ALL, ids=lambda label: label.app)
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].app.rpartition("-")[0])


def changed_lines(pair: tuple[Label, Label]) -> int:
    files = [label.files() for label in pair]
    count = 0
    for path in set(files[0]) | set(files[1]):
        one, other = files[0].get(path, b""), files[1].get(path, b"")
        if one != other:
            lines = difflib.unified_diff(one.decode().splitlines(), other.decode().splitlines(), n=0, lineterm="")
            count += sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in lines)
    return count


def names_in(label: Label) -> frozenset[str]:
    return frozenset(label.files())


@each
def test_label_is_valid(label: Label) -> None:
    assert faults(label) == []


@each
def test_label_has_no_other_keys(label: Label) -> None:
    written = (label.folder / "label.yml").read_text().splitlines()
    assert {line.partition(":")[0] for line in written if not line.startswith(" ")} == KEYS


@each_pair
def test_twins_name_each_other(pair: tuple[Label, Label]) -> None:
    assert (pair[0].twin, pair[1].twin) == (pair[1].app, pair[0].app)


@each_pair
def test_exactly_one_of_twins_has_something_to_find(pair: tuple[Label, Label]) -> None:
    assert sorted(label.clean for label in pair) == [False, True]


@each_pair
def test_twins_differ_by_few_lines(pair: tuple[Label, Label]) -> None:
    assert 0 < changed_lines(pair) <= MOST_CHANGED_LINES


@each_pair
def test_twins_have_the_same_files_dependencies_and_manifest(pair: tuple[Label, Label]) -> None:
    one, other = pair
    assert names_in(one) == names_in(other)
    assert one.dependencies == other.dependencies
    assert one.app_json == other.app_json
    if one.app.rpartition("-")[0] not in ABOUT_THE_PROCFILE:
        assert one.formation == other.formation


@each
def test_label_stays_out_of_the_slug(label: Label) -> None:
    assert (label.folder / ".slugignore").read_text().split() == ["label.yml"]


@each
def test_app_does_not_mention_the_corpus(label: Label) -> None:
    text = b"\n".join(data for path, data in label.files().items() if "lock" not in path).lower()
    assert not [word for word in (b"broken twin", b"minipaas", b"chaos", b"corpus", b"label.yml\n#") if word in text]


@each
def test_app_compiles(label: Label, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = str(tmp_path_factory.mktemp("pyc") / "it.pyc")
    for path in label.folder.rglob("*.py"):
        py_compile.compile(str(path), cfile=target, doraise=True)


@pytest.mark.slow
@pytest.mark.skipif(which("node") is None, reason="node is not on this machine")
def test_node_apps_compile() -> None:
    scripts = [path for label in ALL for path in label.folder.rglob("*.*js") if path.suffix in (".js", ".mjs")]
    bad = [done.stderr for path in scripts if (done := _checked(str(path))).returncode]
    assert scripts
    assert bad == []


def _checked(path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", "--check", path], capture_output=True, text=True, timeout=20)


def test_the_corpus_is_large_enough() -> None:
    apps = BY_PART["apps"]
    about = Counter(category_of_pair(label)[0] for label in apps)
    assert len(apps) >= 64
    assert len(BY_PART["heldout"]) >= 24
    assert len(BY_PART["unseen"]) >= 40
    assert about["P"] >= 50
    assert about["R"] >= 8
    assert about["W"] >= 8


def category_of_pair(label: Label) -> str:
    """The category of the twin with something to find."""
    return (BY_NAME[label.twin] if label.clean else label).category


def test_the_categories_of_lost_state_are_covered() -> None:
    found = {label.category for label in BY_PART["apps"] if label.category.startswith("P")}
    assert {f"P{number}" for number in range(1, 30)} <= found


def test_all_causes_are_found_over_several_frameworks() -> None:
    frameworks: dict[str, set[str]] = {}
    for label in BY_PART["apps"]:
        if label.cause:
            frameworks.setdefault(label.cause, set()).add(label.framework)
    assert {cause: len(names) for cause, names in frameworks.items() if len(names) < 2} == {}
    assert len(frameworks) == 5


PREDICTORS: dict[str, Callable[[Label], object]] = {
    "framework": lambda label: label.framework,
    "dependencies": lambda label: hash(label.dependencies),
    "names of files": names_in,
    "add-ons": lambda label: tuple(label.app_json.get("addons", ())),
    "config vars": lambda label: tuple(sorted(label.app_json.get("env", {}))),
    "process types": lambda label: tuple(sorted(label.formation)),
    "imports": lambda label: frozenset(imports(label)),
}


def imports(label: Label) -> set[str]:
    """Lines that import or require, from all sources."""
    lines = (line for data in label.files().values() for line in data.decode("utf-8", "replace").splitlines())
    return {line.strip() for line in lines if line.startswith(("import ", "from ")) or "require(" in line}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", PREDICTORS)
def test_nothing_static_predicts_the_label(part: str, name: str) -> None:
    groups: dict[object, list[Label]] = {}
    for label in BY_PART[part]:
        if label.app.rpartition("-")[0] not in ABOUT_THE_PROCFILE:
            groups.setdefault(PREDICTORS[name](label), []).append(label)
    tells = [
        [label.app for label in members]
        for members in groups.values()
        if sum(label.clean for label in members) * 2 != len(members)
    ]
    assert tells == []


def test_the_letter_of_a_twin_does_not_predict_the_label() -> None:
    broken = Counter(label.app[-1] for label in ALL if not label.clean)
    assert 0.35 < broken["a"] / broken.total() < 0.65


def test_dependencies_are_few_sets() -> None:
    assert len({label.dependencies for label in BY_PART["apps"]}) <= 7
