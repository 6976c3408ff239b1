"""What keeps a dyno from the machine, from its neighbours and from more than its share."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from minipaas.model.dyno import SIZES, Size
from minipaas.runtime import proc
from minipaas.runtime.base import DynoProcess
from tests.runtime import cases
from tests.runtime.conftest import only
from tests.runtime.place import Place, eventually, within

real = only("sandbox", "process", "docker")
sandbox = only("sandbox")
contained = only("sandbox", "docker")
SMALL = Size("Small", 64 * 1024 * 1024, 20, 1)


def alive(word: str) -> list[int]:
    """Processes of this machine with a word of ours among their arguments."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if word in proc.command_of(pid)]


@contained
async def test_the_host_name_is_the_dynos(place: Place) -> None:
    assert (await place.run("hostname", hostname="0f5c2c6e-0c3e")).output == b"0f5c2c6e-0c3e\n"


@contained
async def test_the_stack_is_read_only(place: Place) -> None:
    ended = await place.run(
        "for f in / /usr/x /etc/x /bin/x /opt/x /var/x /nowhere/x; do mkdir -p $f/y && echo $f; done"
    )
    refused = "Permission denied" if place.runtime.name == "docker" else "Read-only file system"
    assert ended.text.count(refused) == 7
    assert ended.exit.status != 0


@contained
async def test_the_user_is_dyno_without_rights(place: Place) -> None:
    ended = await place.run("id -un; id -u; echo ~; whoami; grep CapEff /proc/self/status; touch /app/mine /tmp/mine")
    assert ended.text.split() == ["dyno", "1000", "/app", "dyno", "CapEff:", "0" * 16]


@contained
async def test_a_dyno_of_a_platform_run_by_root_reads_no_password_hashes(place: Place) -> None:
    ended = await place.run("cat /etc/shadow /etc/gshadow /etc/ssh/ssh_host_*_key; ls -d /root/.[a-z]*")
    for secret in ("root:", "PRIVATE KEY", ".ssh\n", ".bashrc\n"):
        assert secret not in ended.text


@contained
async def test_kernel_settings_cannot_be_written(place: Place) -> None:
    """The files belong to root, and so do the processes of a platform that root runs."""
    ended = await place.run("for f in sys/kernel/core_pattern sysrq-trigger; do true >> /proc/$f && echo open; done")
    assert "open" not in ended.text.split()


@contained
async def test_a_dyno_sees_neither_the_machines_processes_nor_its_neighbours_tmp(place: Place) -> None:
    neighbour, said = await place.start("echo secret > /tmp/secret; echo ready; exec sleep 30")
    await said.until(b"ready")
    ended = await place.run("ls -A /tmp /var/tmp /dev/shm; ls -d /proc/[0-9]* | wc -l")
    assert "secret" not in ended.text
    assert int(ended.text.split()[-1]) < 8
    neighbour.kill()


@contained
async def test_no_config_var_shows_in_a_list_of_processes(place: Place) -> None:
    process, said = await place.start("echo ready; exec sleep 30", env={"TOKEN": "sesame-open-42"})
    await said.until(b"ready")
    assert not alive("sesame-open-42")
    process.kill()


@contained
async def test_a_preload_among_the_config_vars_does_not_reach_bubblewrap(place: Place) -> None:
    ended = await place.run("true", env={"LD_PRELOAD": "/app/none.so", "LD_LIBRARY_PATH": "/app/lib"})
    assert ended.exit.status == 0
    assert "none.so" in ended.text


@real
@pytest.mark.parametrize(
    "way",
    [
        "(sleep {mark}; true) & exit 4",
        "setsid sleep {mark} & exit 4",
        "(trap '' TERM; sleep {mark}) & sleep 0.1; exit 4",
        "nohup setsid sh -c 'sleep {mark}; true' >/dev/null 2>&1 & exit 4",
        "env -i /usr/bin/setsid /bin/sh -c '(sleep {mark} &) ' ; exit 4",
    ],
    ids=["background", "session", "deaf", "daemon", "emptied environment"],
)
async def test_leftover_processes_end_with_the_main_one(place: Place, way: str) -> None:
    mark = f"31.{os.getpid()}"
    ended = await place.run(way.format(mark=mark))
    assert ended.exit.status == 4
    assert alive(f"sleep {mark}") == []


@only("process")
async def test_output_held_by_somebody_unseen_does_not_keep_the_dyno_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setuid program of root's, say: it can neither be found nor killed."""
    monkeypatch.setattr(proc, "holders_of_pipe", lambda _inode: set())
    mark = f"34.{os.getpid()}"
    ended = await place.run(f"env -i /usr/bin/setsid /bin/sh -c '(sleep {mark} &)'; exit 4")
    assert ended.exit.status == 4
    for pid in alive(f"sleep {mark}"):
        os.kill(pid, 9)


@real
@pytest.mark.parametrize("end", [DynoProcess.terminate, DynoProcess.kill], ids=["SIGTERM", "SIGKILL"])
async def test_grandchildren_and_escapees_end_with_the_dyno(place: Place, end: object) -> None:
    mark = f"32.{os.getpid()}"
    way = f"sh -c 'sleep {mark} & wait' & setsid sh -c 'setsid sleep {mark} & wait' & sleep 0.1; echo ready; wait"
    process, said = await place.start(way)
    await said.until(b"ready")
    assert len(alive(f"sleep {mark}")) >= 2
    process.kill() if end is DynoProcess.kill else process.terminate()
    await within(process.wait())
    assert alive(f"sleep {mark}") == []


@real
async def test_after_sigterm_every_process_is_waited_for(place: Place) -> None:
    """`sh -c "migrate && gunicorn"`: the shell dies at once, the server still has a request to end."""
    server = "trap 'sleep 0.2; echo request done; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
    ended = await place.run(f'true && bash -c "{server}"; true', lambda dyno: dyno.terminate())
    assert ended.exit.status == 143
    assert b"request done" in ended.output


@real
async def test_a_dyno_whose_id_begins_with_anothers_is_not_taken_for_it(place: Place) -> None:
    """`1` ended `10` too, when marks were compared by their beginning."""
    one, said = await place.start(cases.STAYS.command)
    other = await place.runtime.start(replace(place.launch(cases.STAYS.command), id=f"{one.id}0"))
    await said.until(b"ready")
    await eventually(other.pids)
    assert not set(one.pids()) & set(other.pids())
    one.kill()
    await within(one.wait())
    assert other.pids()
    other.kill()
    assert (await within(other.wait())).status == 137
    other.discard()


@real
async def test_two_sigterms_are_as_good_as_one(place: Place) -> None:
    def twice(dyno: DynoProcess) -> None:
        dyno.terminate()
        dyno.terminate()

    ended = await place.run(cases.STAYS.command, twice)
    assert ended.exit.status == 143


@real
async def test_the_init_is_silent(place: Place) -> None:
    ended = await place.run(cases.STAYS.command, lambda dyno: dyno.kill())
    assert ended.output == b"ready\n"
    polite = await place.run("echo ready; exec sleep 30", lambda dyno: dyno.terminate())
    assert polite.output == b"ready\n"


@real
async def test_a_hundred_megabytes_are_written_and_discarded(place: Place) -> None:
    ended = await place.run("head -c 100000000 /dev/zero > big && ls -l big")
    assert ended.exit.status == 0
    (change,) = ended.process.writes()
    assert change.real is not None
    assert change.real.stat().st_size == 100_000_000
    ended.process.discard()
    await eventually(lambda: change.real and not change.real.exists())


@real
async def test_discard_removes_what_the_app_made_unreadable(place: Place) -> None:
    ended = await place.run("mkdir -p dark/er; echo x > dark/er/file; chmod 0 dark/er/file dark/er dark; mkfifo pipe")
    ended.process.discard()
    assert list(place.host.area.iterdir()) == []


@real
async def test_compiled_python_is_not_told_as_a_write(place: Place) -> None:
    ended = await place.run("python3 -c 'import lib.one'; find . -name '*.pyc' | wc -l")
    assert ended.output == b"1\n"
    assert ended.changes() == set()


@real
async def test_a_change_of_equal_size_with_the_old_time_is_told(place: Place) -> None:
    ended = await place.run(
        "touch -r changed.txt /tmp/$$; printf 'BEFORE\\n' > changed.txt; touch -r /tmp/$$ changed.txt; rm /tmp/$$"
    )
    assert ended.changes() == {("M", "/app/changed.txt")}


@real
async def test_a_folder_made_anew_tells_only_what_is_gone(place: Place) -> None:
    for name in ("one", "two"):
        (place.slug / "data").mkdir(exist_ok=True)
        (place.slug / "data" / name).write_text(name)
    ended = await place.run("rm -r data lib; mkdir data; printf two > data/two; echo 3 > data/three; echo x > lib")
    assert ended.changes() == {
        ("D", "/app/data/one"),
        ("A", "/app/data/three"),
        ("D", "/app/lib/one.py"),
        ("A", "/app/lib"),
    }


@real
async def test_a_deletion_kept_from_an_earlier_dyno_stays_deleted(place: Place) -> None:
    kept = place.root / "kept"
    (kept / "lib").mkdir(parents=True)
    os.mknod(kept / "gone.txt", 0o020000, 0)
    (kept / "lib" / "two.py").write_text("two")
    os.setxattr(kept / "lib", "user.overlay.opaque", b"y")
    ended = await place.run("ls; ls lib", kept=(kept,))
    assert ended.text.split() == ["changed.txt", "kept.txt", "lib", "two.py"]
    assert ended.changes() == set()


@real
async def test_memory_grows_with_what_the_app_takes(place: Place) -> None:
    process, said = await place.start(
        "exec python3 -c 'x = bytearray(80_000_000); print(\"ready\", flush=True); input()' < <(sleep 30)"
    )
    await said.until(b"ready")
    assert 80_000_000 < process.memory().used_bytes < 160_000_000
    process.kill()


@contained
async def test_processes_are_bounded(place: Place) -> None:
    if not place.runtime.capabilities().process_limit:
        pytest.skip("no process limit here")
    process, _ = await place.start("for i in $(seq 60); do sleep 20 & done; sleep 20", size=SMALL)
    most = 0
    for _ in range(30):
        await asyncio.sleep(0.01)
        most = max(most, len(process.pids()))
    process.kill()
    await within(process.wait())
    assert 10 < most <= SMALL.processes + 3
    assert (await place.run("for i in $(seq 60); do true & done; wait; echo fine")).output == b"fine\n"


@contained
@pytest.mark.root
async def test_twice_the_quota_ends_the_dyno_and_is_told(place: Place) -> None:
    if not place.runtime.capabilities().memory_limit:
        pytest.skip("no memory limit here")
    ended = await place.run("python3 -c 'x = bytearray(200_000_000)' & sleep 30 & wait; sleep 30", size=SMALL)
    assert ended.exit.status == 137
    assert ended.exit.killed_by_memory


@sandbox
@pytest.mark.root
async def test_no_control_group_is_left(place: Place) -> None:
    if not place.runtime.capabilities().memory_limit:
        pytest.skip("no control groups here")

    def groups() -> list[Path]:
        return [path for path in Path("/sys/fs/cgroup").glob("**/minipaas-*") if path.name.endswith(process.id)]

    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    assert groups()
    process.kill()
    await within(process.wait())
    process.discard()
    assert not groups()


@sandbox
async def test_bubblewrap_killed_by_a_stranger_ends_the_dyno(place: Place) -> None:
    mark = f"33.{os.getpid()}"
    process, said = await place.start(f"echo ready; exec sleep {mark}")
    await said.until(b"ready")
    outer = proc.parent_of(process.pid)
    assert outer is not None
    os.kill(outer, 9)
    assert (await within(process.wait())).status == 137
    await eventually(lambda: not alive(f"sleep {mark}"))


@contained
async def test_sizes_above_what_the_caller_may_have_still_launch(place: Place) -> None:
    assert (await place.run("true", size=SIZES["performance-l"])).exit.status == 0
