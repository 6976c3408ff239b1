"""Control groups of both generations, on folders that look like them; the real v1 is in test_isolation.py."""

import subprocess
from pathlib import Path

import pytest

from minipaas.runtime.cgroup import Cgroup, find_cgroups


def used(group: Cgroup) -> int | None:
    memory = group.memory()
    return memory.used_bytes if memory else None


@pytest.fixture
def unified(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (tmp_path / "cgroup.subtree_control").write_text("")
    return tmp_path


def test_v2_sets_memory_swap_processes_and_ends_the_dyno_as_a_whole(unified: Path) -> None:
    cgroups = find_cgroups("home", unified)
    assert cgroups is not None
    assert (unified / "cgroup.subtree_control").read_text() == "+memory +pids"
    group = cgroups.group("a-1")
    group.make(memory_bytes=2**20, processes=7)
    done = subprocess.run((*group.entering(), "echo", "in"), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("in\n", "")
    written = {path.name: path.read_text() for path in group.folders[0].iterdir()}
    assert written == {
        "memory.max": "1048576",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "7",
        "cgroup.procs": "0\n",
    }
    assert cgroups.names() >= {"a-1"}


def test_v2_figures_leave_page_cache_out(unified: Path) -> None:
    cgroups = find_cgroups("home", unified)
    assert cgroups is not None
    group = cgroups.group("a-1")
    assert group.memory() is None
    group.make(memory_bytes=2**20, processes=7)
    (group.folders[0] / "memory.stat").write_text("anon 1000\nfile 50000\nshmem 200\n")
    (group.folders[0] / "memory.swap.current").write_text("30\n")
    assert used(group) == 1230
    assert not group.exceeded()
    (group.folders[0] / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert group.exceeded()


def test_v1_figures_leave_page_cache_out(tmp_path: Path) -> None:
    for controller in ("memory", "pids"):
        (tmp_path / controller).mkdir()
    cgroups = find_cgroups("home", tmp_path)
    assert cgroups is not None
    group = cgroups.group("a-1")
    group.make(memory_bytes=2**20, processes=7)
    memory, pids = group.folders
    assert (pids / "pids.max").read_text() == "7"
    assert (memory / "memory.limit_in_bytes").read_text() == "1048576"
    (memory / "memory.stat").write_text("rss 1\ntotal_rss 100\ntotal_shmem 20\ntotal_swap 3\ntotal_cache 9999\n")
    assert used(group) == 123
    (memory / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert group.exceeded()


def test_homes_have_groups_of_their_own(unified: Path) -> None:
    one, two = find_cgroups("one", unified), find_cgroups("two", unified)
    assert one is not None
    assert two is not None
    one.group("a-1").make(memory_bytes=1, processes=1)
    assert "a-1" not in two.names()


def test_where_nothing_can_be_written_there_are_none(tmp_path: Path) -> None:
    assert find_cgroups("home", tmp_path / "none") is None
    assert find_cgroups("home", tmp_path) is None


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    assert Cgroup((tmp_path / "none",), unified=True).remove()
