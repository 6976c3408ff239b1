"""What every runtime keeps, the fake too: see minipaas/runtime/base.py."""

import asyncio
import shlex
import socket
from pathlib import Path

import pytest

from minipaas.errors import DynoProblem
from minipaas.runtime.base import Bind, DynoProcess
from tests.fake_runtime import Act, FakeRuntime
from tests.runtime import cases
from tests.runtime.cases import Case
from tests.runtime.conftest import only
from tests.runtime.place import SLUG, Place, within

real = only("sandbox", "process", "docker")

#: Signals 32 and 33, kept by the C library for its threads: no program can touch them, some machines ignore them.
C_LIBRARYS_OWN = 0b11 << 31


@pytest.fixture(autouse=True)
def acts(place: Place) -> None:
    if isinstance(place.runtime, FakeRuntime):
        place.runtime.acts.update({case.command: case.act for case in cases.ALL})


def named(pairs: list[tuple[Case, int]]) -> object:
    return pytest.mark.parametrize(("case", "status"), pairs, ids=[case.name for case, _ in pairs])


@named(cases.EXITS)
async def test_the_exit_status_is_the_shells(place: Place, case: Case, status: int) -> None:
    ended = await place.run(case.command)
    assert ended.exit.status == status
    assert not ended.exit.killed_by_memory


@named(cases.TERMS)
async def test_sigterm_reaches_the_app(place: Place, case: Case, status: int) -> None:
    ended = await place.run(case.command, lambda dyno: dyno.terminate())
    assert ended.exit.status == status
    assert b"no" not in ended.output


async def test_who_ignores_sigterm_is_killed(place: Place) -> None:
    def act(dyno: DynoProcess) -> None:
        dyno.terminate()
        assert dyno.pids()
        dyno.kill()

    ended = await place.run(cases.IGNORES.command, act)
    assert ended.exit.status == 137


async def test_signals_after_the_end_are_safe(place: Place) -> None:
    ended = await place.run("true")
    ended.process.terminate()
    ended.process.kill()
    assert (await ended.process.wait()) == ended.exit
    assert ended.process.pids() == []
    assert ended.process.listeners() == []
    assert ended.process.memory().used_bytes == 0


async def test_several_may_wait_and_one_may_give_up(place: Place) -> None:
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    impatient = asyncio.ensure_future(process.wait())
    patient = asyncio.ensure_future(process.wait())
    await asyncio.sleep(0)
    impatient.cancel()
    process.kill()
    assert (await within(patient)).status == 137


async def test_output_of_both_channels_comes_in_order_with_its_tail(place: Place) -> None:
    ended = await place.run(cases.SPEAKS.command)
    assert ended.output == b"one\ntwo\nthree"


async def test_writes_are_told_as_added_modified_deleted(place: Place) -> None:
    ended = await place.run(cases.WRITES.command)
    assert ended.changes() == {
        ("A", "/app/new.txt"),
        ("A", "/app/deep/er/file"),
        ("M", "/app/changed.txt"),
        ("D", "/app/gone.txt"),
        ("A", "/tmp/scratch"),
    }
    real = {change.path: change.real for change in ended.process.writes()}
    new, gone = real["/app/new.txt"], real["/app/gone.txt"]
    assert new is not None
    assert new.read_bytes() == b"new\n"
    assert gone is None


async def test_the_slug_is_never_modified_and_each_disk_is_fresh(place: Place) -> None:
    await place.run(cases.WRITES.command)
    assert {str(p.relative_to(place.slug)): p.read_bytes() for p in place.slug.rglob("*") if p.is_file()} == SLUG
    again = await place.run("true")
    assert again.changes() == set()


async def test_discard_leaves_nothing_in_the_area(place: Place) -> None:
    ended = await place.run(cases.WRITES.command)
    ended.process.discard()
    ended.process.discard()
    assert list(place.host.area.iterdir()) == []
    assert ended.process.writes() == []


async def test_memory_is_a_figure_while_it_runs(place: Place) -> None:
    process, said = await place.start(cases.STAYS.command)
    await said.until(b"ready")
    assert 0 < process.memory().used_bytes < 200_000_000
    assert process.pids()


async def test_listeners_name_address_and_port(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = cases.LISTENS.command.format(port=port)
    if isinstance(place.runtime, FakeRuntime):
        place.runtime.acts[command] = Act(says=cases.READY, listens=(("127.0.0.1", port),))
    process, said = await place.start(command)
    await said.until(b"ready")
    (one,) = process.listeners()
    assert (one.address, one.port) == ("127.0.0.1", port)
    assert one.pid in process.pids()
    assert "create_server" in one.command


async def test_kept_folders_lie_over_the_slug_in_order(place: Place) -> None:
    kept = place.root / "kept"
    for name, data in {"one/changed.txt": b"1\n", "one/extra": b"1\n", "two/extra": b"2\n"}.items():
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).write_bytes(data)
    ended = await place.run(cases.READS_KEPT.command, kept=(kept / "one", kept / "two"))
    assert ended.output == b"1\n2\n"
    assert ended.changes() == set()


async def test_an_area_that_cannot_be_written_is_a_dyno_problem(place: Place) -> None:
    place.host.area.parent.mkdir(exist_ok=True)
    place.host.area.write_bytes(b"a file where the area should be")
    with pytest.raises(DynoProblem, match="cannot make a disk"):
        await place.runtime.start(place.launch("true"))
    place.host.area.unlink()


async def test_inside_tells_where_a_bind_is_seen(place: Place) -> None:
    seen = place.runtime.inside(place.root / "cache", "/tmp/cache")
    assert seen in ("/tmp/cache", str(place.root / "cache"))


@real
async def test_cpu_time_counts_children_that_have_ended(place: Place) -> None:
    busy = "python3 -c 'import time\nwhile time.process_time() < 0.3: pass'"
    process, said = await place.start(f"{busy}; echo ready; exec sleep 30")
    await said.until(b"ready")
    assert 0.25 < process.cpu_s() < 20
    process.kill()
    await within(process.wait())
    assert process.cpu_s() == 0


@real
async def test_binds_and_working_folder(place: Place) -> None:
    given, out = place.root / "given", place.root / "out"
    for folder in (given, out):
        folder.mkdir()
    (given / "x").write_text("from outside\n")
    read = Bind(given, "/tmp/build/given")
    write = Bind(out, "/tmp/build/out", writable=True)
    seen = [place.runtime.inside(bind.source, bind.target) for bind in (read, write)]
    ended = await place.run(
        f"cat x > {shlex.quote(seen[1])}/copy; ls",
        binds=(read, write),
        cwd=seen[0],
        slug=None,
        profile=False,
    )
    assert ended.exit.status == 0
    assert (out / "copy").read_text() == "from outside\n"
    assert ended.output == b"x\n"


@real
async def test_without_a_slug_app_is_empty(place: Place) -> None:
    ended = await place.run("ls -A; echo one > file", slug=None)
    assert ended.output == b""
    assert ended.changes() == {("A", "/app/file")}


@real
async def test_the_environment_is_exactly_what_was_given(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "leaks")
    ended = await place.run("exec env -0", env={"PORT": "5000", "LINES": "a\nb", "EMPTY": ""}, profile=False)
    seen = dict(item.split("=", 1) for item in ended.text.split("\0") if item)
    home = seen.pop("HOME")
    assert seen.pop("PWD") == home
    assert seen.pop("PATH").startswith("/usr/local/bin:/usr/bin:/bin")
    for name in ("_", "SHLVL", "MINIPAAS_DYNO_ID", "TMPDIR"):
        seen.pop(name, None)
    assert seen == {"PORT": "5000", "LINES": "a\nb", "EMPTY": ""}
    assert (home == "/app") == place.runtime.capabilities().private_tmp


@real
async def test_profile_scripts_run_in_order_before_the_command(place: Place) -> None:
    scripts = {
        ".profile.d/2.sh": b"order=${order}2\n",
        ".profile.d/a.sh": b"set -- changed; export order=${order}a\n",
        ".profile.d/10.sh": b"order=10\n",
        ".profile.d/not.txt": b"order=wrong\n",
        ".profile": b'order="$order profile $PORT"\n',
    }
    for name, data in scripts.items():
        (place.slug / name).parent.mkdir(exist_ok=True)
        (place.slug / name).write_bytes(data)
    ended = await place.run('echo "$order"')
    assert ended.output == b"102a profile 5000\n"
    plain = await place.run('echo "<$order>"', profile=False)
    assert plain.output == b"<>\n"


@real
async def test_a_profile_script_that_exits_ends_the_dyno(place: Place) -> None:
    (place.slug / ".profile").write_text("echo stopped here; exit 9\n")
    ended = await place.run("echo never")
    assert (ended.exit.status, ended.output) == (9, b"stopped here\n")


@real
async def test_stdin_is_empty(place: Place) -> None:
    ended = await place.run("cat; readlink /proc/self/fd/0")
    assert ended.output == b"/dev/null\n"


@real
async def test_the_app_gets_default_signal_handling(place: Place) -> None:
    """A shell's `&` starts programs with SIGINT and SIGQUIT ignored: a worker told to stop by SIGINT would not."""
    ended = await place.run("grep -E '^Sig(Ign|Blk)' /proc/self/status")
    masks = dict(line.split(":") for line in ended.text.splitlines())
    assert {name: int(mask, 16) & ~C_LIBRARYS_OWN for name, mask in masks.items()} == {"SigBlk": 0, "SigIgn": 0}


@real
async def test_no_file_descriptor_of_the_platform_is_open_in_the_dyno(place: Place, tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w"):
        ended = await place.run("ls /proc/self/fd")
    assert ended.text.split() == ["0", "1", "2", "3"]
