"""What every example has in its folder."""

import json
import re
from pathlib import Path

import pytest

from tests.examples.harness import EXAMPLES
from tests.examples.html import Page

WITH_PROCFILE = sorted(path.parent for path in EXAMPLES.rglob("Procfile") if "node_modules" not in path.parts)
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())


def named(path: Path) -> str:
    return path.relative_to(EXAMPLES).as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_the_readme_is_a_title_and_five_lines(folder: Path) -> None:
    lines = [line for line in (folder / "README.md").read_text().splitlines() if line]
    assert lines[0].startswith(f"# {folder.name}: ")
    assert len(lines) == 6
    assert all(line.startswith("- **") for line in lines[1:])


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_the_table_has_it(folder: Path) -> None:
    assert f"| [{folder.name}]({folder.name}) |" in (EXAMPLES / "README.md").read_text()


@pytest.mark.parametrize("folder", WITH_PROCFILE, ids=named)
def test_what_it_depends_on_is_pinned(folder: Path) -> None:
    if (folder / "requirements.txt").exists():
        lines = (folder / "requirements.txt").read_text().splitlines()
        assert all(line.startswith("#") or re.fullmatch(r"[\w.-]+==[\d.]+", line) for line in lines)
        return
    package = json.loads((folder / "package.json").read_text())
    lock = json.loads((folder / "package-lock.json").read_text())
    assert lock["name"] == package["name"] == folder.name
    assert lock["packages"][""].get("dependencies", {}) == package.get("dependencies", {})
    assert all("resolved" in one and "integrity" in one for name, one in lock["packages"].items() if name)


def test_the_apps_on_the_standard_library_carry_the_same_server() -> None:
    clean, chess, stubborn = ((EXAMPLES / name / "server.py").read_text() for name in ("clean", "chess", "stubborn"))
    assert clean == chess
    assert len(set(stubborn.splitlines()) - set(clean.splitlines())) <= 4


def test_the_shop_and_its_clean_twin_differ_in_where_the_cart_is() -> None:
    shared = ("Procfile", "server.js", "pages.js", "cart.js", "goods.js", "style.css")
    assert all((EXAMPLES / "shop" / n).read_bytes() == (EXAMPLES / "clean-node" / n).read_bytes() for n in shared)


def test_the_static_page_is_valid_and_its_links_lead_somewhere() -> None:
    page = Page((EXAMPLES / "static-site" / "index.html").read_text())
    assert page.faults == []
    assert {link.removeprefix("#") for link in page.links} <= page.ids


def test_the_social_site_and_its_broken_twin_differ_in_where_the_index_is() -> None:
    clean, broken = (EXAMPLES / name / "search" for name in ("social", "social-broken"))
    names = sorted(path.name for path in clean.iterdir() if path.is_file())
    assert names == sorted(path.name for path in broken.iterdir() if path.is_file())
    assert [n for n in names if (clean / n).read_bytes() != (broken / n).read_bytes()] == ["store.js"]
