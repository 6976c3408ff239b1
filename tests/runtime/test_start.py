"""Starting under bad conditions, and on either loop."""

import asyncio
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from minipaas.errors import DynoProblem
from minipaas.runtime import setup
from minipaas.runtime.base import Bind, DynoProcess
from minipaas.store.home import Home
from tests.runtime import cases
from tests.runtime.conftest import only
from tests.runtime.place import Place, eventually, make_runtime, within

real = only("sandbox", "process")
sandbox = only("sandbox")


@pytest.fixture
def small_disk(place: Place) -> Iterator[Path]:
    """A file system of one megabyte where the host's area is."""
    place.host.area.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place.host.area)], check=False)
    if mounted.returncode:
        pytest.skip("may not mount here")
    yield place.host.area
    subprocess.run(["umount", "-l", str(place.host.area)], check=True)


@real
@pytest.mark.root
async def test_a_full_disk_is_told_and_leaves_nothing(place: Place, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(1024 * 1024 - 4096 * 4))
    with pytest.raises(
        DynoProblem, match=r"cannot make a disk for the dyno in .*: No space left on device"
    ) as caught:
        await place.runtime.start(place.launch("true"))
    assert "free some space" in (caught.value.hint or "")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@only("process")
@pytest.mark.root
async def test_a_slug_larger_than_the_disk_is_told_and_leaves_nothing(place: Place, small_disk: Path) -> None:
    (place.slug / "large").write_bytes(bytes(3_000_000))
    with pytest.raises(DynoProblem, match="No space left on device"):
        await place.runtime.start(place.launch("true"))
    assert list(small_disk.iterdir()) == []


@sandbox
@pytest.mark.root
async def test_an_app_that_fills_the_disk_sees_it_itself(place: Place) -> None:
    place.host.area.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place.host.area)], check=True)
    try:
        ended = await place.run("head -c 9000000 /dev/zero > big || echo full")
        assert "No space left on device" in ended.text
        ended.process.discard()
    finally:
        subprocess.run(["umount", "-l", str(place.host.area)], check=True)


@real
async def test_a_start_that_is_given_up_leaves_nothing(place: Place) -> None:
    for turns in (0, 1, 2, 5, 20):
        starting = asyncio.ensure_future(place.runtime.start(place.launch(cases.STAYS.command)))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        try:
            process = await starting
        except asyncio.CancelledError:
            continue
        process.kill()
        await within(process.wait())
        process.discard()
    assert not place.host.area.exists() or list(place.host.area.iterdir()) == []


@real
async def test_a_sigterm_in_the_first_instant_is_not_lost(place: Place) -> None:
    """The init may get it before it has forked the app."""
    for _ in range(25):
        process, _ = await place.start("exec sleep 30")
        process.terminate()
        assert (await within(process.wait(), 5)).status == 143
        process.discard()


@real
async def test_many_at_once(place: Place) -> None:
    endings = await asyncio.gather(*(place.run(f"echo {number}; exit {number}") for number in range(12)))
    assert [(ended.exit.status, ended.text) for ended in endings] == [(n, f"{n}\n") for n in range(12)]


async def the_warden_runs(place: Place) -> None:
    warden = place.runtime._traces._warden  # type: ignore[attr-defined]
    await eventually(lambda: warden.pid)


@real
async def test_no_file_descriptor_is_lost(place: Place) -> None:
    await place.run("true")
    await the_warden_runs(place)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for command in ("true", "exit 3", "kill -9 $$"):
        await place.run(command)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@sandbox
async def test_a_missing_bind_source_is_told_in_bubblewraps_words(place: Place) -> None:
    await place.run("true")
    await the_warden_runs(place)
    before = len(list(Path("/proc/self/fd").iterdir()))
    bind = Bind(place.root / "none", "/tmp/x")
    with pytest.raises(DynoProblem, match=r"cannot set up the sandbox: .*none: No such file or directory"):
        await place.runtime.start(place.launch("true", binds=(bind,)))
    assert len(list(place.host.area.iterdir())) == 1
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@real
async def test_an_environment_that_no_process_can_have_is_told(place: Place) -> None:
    with pytest.raises(DynoProblem, match=r"NUL|null"):
        await place.runtime.start(place.launch("true", env={"BAD": "a\0b"}))


@sandbox
@pytest.mark.parametrize("shell", ["bash", "dash", "busybox"])
async def test_the_init_works_in_every_shell(place: Place, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/bin/sh` is dash on Debian, bash on Fedora, busybox on Alpine."""
    monkeypatch.setattr(setup, "INIT_SHELL", shell_program(shell, place))
    for case, status in cases.EXITS:
        assert (await place.run(case.command)).exit.status == status, case.name
    for case, status in cases.TERMS:
        assert (await place.run(case.command, lambda dyno: dyno.terminate())).exit.status == status, case.name
    leftover = await place.run("(trap '' TERM; sleep 3300) & sleep 0.1; exit 4")
    assert (leftover.exit.status, leftover.output) == (4, b"")


def shell_program(name: str, place: Place) -> str:
    """Where the dyno finds it; busybox becomes a shell by the name it is called by."""
    program = Path("/bin") / name
    if not program.exists():
        pytest.skip(f"no {name} here")
    if name != "busybox":
        return str(program)
    (place.slug / "sh").symlink_to(program)
    return "/app/sh"


@pytest.mark.parametrize("kind", ["sandbox", "process"])
def test_it_works_on_uvloop(kind: str, home: Home) -> None:
    async def story() -> None:
        place = Place(home.root, await make_runtime(kind, home))
        flood = await place.run("head -c 20000000 /dev/zero; exit 3")
        assert (len(flood.output), flood.exit.status) == (20_000_000, 3)
        polite = await place.run("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done", term)
        assert (polite.output[-4:], polite.exit.status) == (b"bye\n", 0)
        await place.close()

    def term(dyno: DynoProcess) -> None:
        dyno.terminate()

    run: Callable[[Coroutine[Any, Any, None]], None] = uvloop.run
    run(story())
