"""What `up` makes of the folder it is called in."""

import subprocess
from pathlib import Path

import pytest

from minipaas.daemon.wishes import Wishes, make_plan
from minipaas.store.home import Home
from minipaas.store.repositories import Repositories


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (tmp_path / "home" / "git" / "shop.git").mkdir(parents=True)
    return folder


def plan_of(here: Path, **wishes: object):  # type: ignore[no-untyped-def]
    return make_plan(Home(here.parent / "home"), Wishes(**wishes))  # type: ignore[arg-type]


def test_in_a_folder_without_an_app_the_pushed_apps_run_alone(here: Path) -> None:
    plan = plan_of(here, may_be_empty=True)
    assert plan.apps == ()
    assert Repositories(plan.settings.home).names() == ("shop",)


@pytest.mark.parametrize("sign", ["Procfile", "procfile", "package.json", "requirements.txt", "app.json"])
def test_a_folder_with_an_app_is_run_beside_them(here: Path, sign: str) -> None:
    (here / sign).touch()
    plan = plan_of(here, may_be_empty=True)
    assert [spec.name for spec in plan.apps] == ["here"]


@pytest.mark.parametrize("words", [{"app": "mine"}, {"buildpacks": ("python",)}, {"paths": (Path(),)}])
def test_who_names_an_app_means_one(here: Path, words: dict[str, object]) -> None:
    assert len(plan_of(here, may_be_empty=True, **words).apps) == 1


def test_without_pushed_apps_a_folder_is_an_app_whatever_is_in_it(here: Path) -> None:
    (here.parent / "home" / "git" / "shop.git").rmdir()
    assert [spec.name for spec in plan_of(here, may_be_empty=True).apps] == ["here"]


def test_a_verdict_is_never_about_nothing(here: Path) -> None:
    assert len(plan_of(here).apps) == 1


def test_a_clone_that_is_pushed_to_an_app_is_that_app(here: Path) -> None:
    (here / "Procfile").touch()
    subprocess.run(["git", "init", "-q"], check=True)
    repository = str(here.parent / "home" / "git" / "shop.git")
    subprocess.run(["git", "remote", "add", "minipaas", repository], check=True)
    plan = plan_of(here, may_be_empty=True)
    assert [spec.name for spec in plan.apps] == ["shop"]
