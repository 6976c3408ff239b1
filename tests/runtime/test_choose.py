"""The choice of a runtime, and what the user is told of it."""

import json
import sys
from pathlib import Path

import pytest

from minipaas.errors import DynoProblem, RuntimeMissing, UsageProblem
from minipaas.runtime import choose as choosing
from minipaas.runtime.choose import choose, find_bubblewrap
from minipaas.runtime.remedy import remedy
from minipaas.runtime.traces import home_id
from minipaas.store.home import Home
from tests.runtime.place import Place, make_runtime

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")
UID_MAP = "setting up uid map: Permission denied"


def fake_bubblewrap(folder: Path, script: str) -> Path:
    """A bwrap on PATH that knows overlays and then does as told."""
    folder.mkdir()
    program = folder / "bwrap"
    program.write_text(f'#!/bin/sh\n[ "$1" = --help ] && echo "--overlay-src SRC" && exit 0\n{script}\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def refusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = fake_bubblewrap(tmp_path / "bin", f"echo 'bwrap: {UID_MAP}' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


async def test_a_swarm_without_an_engine_says_what_to_start(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{home.root}/none")
    with pytest.raises(RuntimeMissing, match="it is not running") as raised:
        await choose("swarm", home)
    assert "DOCKER_HOST" in raised.value.hint


async def test_an_unknown_runtime_is_a_usage_problem(home: Home) -> None:
    with pytest.raises(UsageProblem, match="no runtime called `podman`"):
        await choose("podman", home)


async def test_process_is_taken_when_asked_for_and_tells_what_is_lost(home: Home) -> None:
    runtime, capabilities = await choose("process", home)
    await runtime.close()
    assert (runtime.name, capabilities.name) == ("process", "process")
    assert not capabilities.private_tmp
    assert len(capabilities.lost) == 5


async def test_auto_falls_back_with_the_sandboxs_own_reason(home: Home, refusing: Path) -> None:
    runtime, capabilities = await choose("auto", home)
    await runtime.close()
    assert runtime.name == "process"
    assert capabilities.reason == UID_MAP
    assert list(home.hosts.glob("*/*")) == []
    assert list(Path("/dev/shm").glob(f"minipaas-*{home_id(home.root)}")) == []


async def test_the_sandbox_asked_for_but_refused_names_reason_and_remedy(home: Home, refusing: Path) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        await choose("sandbox", home)
    assert caught.value.exit_code == 4
    assert caught.value.message == f"cannot use the sandbox: {UID_MAP}"
    assert "apparmor_restrict_unprivileged_userns=0" in (caught.value.hint or "")


async def test_a_refusal_is_not_remembered(home: Home, refusing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await choose("auto", home))[0].close()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    runtime = await make_runtime("sandbox", home)
    await runtime.close()
    assert runtime.name == "sandbox"


@linux
async def test_a_yes_is_remembered_until_the_bubblewrap_changes(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await make_runtime("sandbox", home)).close()
    log = tmp_path / "calls"
    program = fake_bubblewrap(tmp_path / "bin", f"echo called >> '{log}'; exec '{find_bubblewrap()}' \"$@\"")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    choosing._cache(home).unlink()
    for _ in range(3):
        await (await choose("sandbox", home))[0].close()
    assert log.read_text().count("called") == 1
    program.write_text(program.read_text() + "# another version\n")
    await (await choose("sandbox", home))[0].close()
    assert log.read_text().count("called") == 2


@linux
@pytest.mark.parametrize(
    "damage", ["", "{}", "[]", '{"key": {"bwrap": 3}}', '{"key": {"bwrap": "/none"}, "scratch": null}']
)
async def test_a_damaged_memory_is_asked_anew(home: Home, damage: str) -> None:
    await (await make_runtime("sandbox", home)).close()
    choosing._cache(home).write_text(damage)
    await (await choose("sandbox", home))[0].close()
    assert json.loads(choosing._cache(home).read_text())["scratch"] is None


@linux
async def test_a_remembered_yes_that_fails_is_forgotten(home: Home) -> None:
    runtime = await make_runtime("sandbox", home)
    place = Place(home.root, runtime)
    assert choosing._cache(home).exists()
    with pytest.raises(DynoProblem, match="cannot set up the sandbox"):
        await runtime.start(place.launch("true", slug=home.root / "no such slug"))
    assert not choosing._cache(home).exists()
    assert list(home.hosts.glob("*/*")) == []
    await place.close()


@linux
async def test_where_the_homes_file_system_cannot_carry_an_upper_folder_another_does(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container the home lies on an overlay, which takes no second one on top."""
    await (await make_runtime("sandbox", home)).close()
    choosing._cache(home).unlink()
    real = find_bubblewrap()
    script = f"""
words=$(tr '\\0' ' ' < /proc/self/fd/$2)
case $words in *"--overlay {home.hosts}"*) echo "bwrap: Can't make overlay mount: Invalid argument" >&2; exit 1;; esac
exec '{real}' "$@"
"""
    program = fake_bubblewrap(tmp_path / "bin", script.replace("\\ ", "\\\\ "))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    runtime, _ = await choose("sandbox", home)
    place = Place(home.root, runtime)
    ended = await place.run("echo x > file")
    (change,) = ended.process.writes()
    assert change.real is not None
    assert change.real.is_relative_to(tmp_path)
    assert not change.real.is_relative_to(home.root)
    await place.close()
    assert list(tmp_path.glob("minipaas-*")) == []


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        (UID_MAP, "apparmor"),
        (
            "Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
            "max_user",
        ),
        ("No permissions to creating new namespace, likely because the kernel does not allow", "seccomp=unconfined"),
        ("Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        ("no bubblewrap with overlays (0.11) is installed", "pip install"),
    ],
)
def test_each_known_refusal_has_a_remedy(reason: str, part: str) -> None:
    assert part in (remedy(reason) or "")


def test_an_unknown_refusal_has_none() -> None:
    assert remedy("the moon is in the wrong house") is None
