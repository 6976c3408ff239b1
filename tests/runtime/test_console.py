"""An attached dyno: a terminal that is its own, or a pipe, on every runtime that runs programs."""

import asyncio

import pytest

from minipaas.runtime.base import Console, DynoProcess, Terminal
from tests.runtime.conftest import only
from tests.runtime.place import Place, Said, within

real = only("sandbox", "process", "docker")
pytestmark = real
READS = 'echo ready; while read -r line; do echo "<$line>"; done; echo end'


async def attach(place: Place, command: str, terminal: Terminal | None = None) -> tuple[DynoProcess, Said, Console]:
    process, said = await place.start(command, attached=True, terminal=terminal)
    assert process.console is not None
    return process, said, process.console


async def test_who_is_not_attached_has_no_console(place: Place) -> None:
    process, _ = await place.start("true")
    assert process.console is None


async def test_a_pipe_brings_input_and_its_end(place: Place) -> None:
    process, said, console = await attach(place, READS)
    await console.write(b"one\ntwo\n")
    console.end_input()
    assert (await within(process.wait())).status == 0
    assert bytes(said.data) == b"ready\n<one>\n<two>\nend\n"
    assert said.ends == 1


async def test_more_input_than_a_pipe_holds_comes_whole(place: Place) -> None:
    process, said, console = await attach(place, "sleep 0.2; wc -c")
    await within(console.write(b"x" * 1_000_000))
    console.end_input()
    await within(process.wait())
    assert said.data.split() == [b"1000000"]


async def test_input_nobody_reads_holds_up_nobody_once_the_dyno_ended(place: Place) -> None:
    process, said, console = await attach(place, "echo ready; exec sleep 30")
    writing = asyncio.ensure_future(console.write(b"x" * 1_000_000))
    await said.until(b"ready")
    process.kill()
    await within(process.wait())
    await within(writing)
    await console.write(b"late")
    console.resize(Terminal(1, 1))
    console.hang_up()


async def test_a_terminal_is_the_controlling_one_with_its_size(place: Place) -> None:
    command = "test -t 0 && test -t 1 && test -t 2 && stty size < /dev/tty"
    process, said, _ = await attach(place, command, Terminal(31, 99))
    assert (await within(process.wait())).status == 0
    assert said.data.split(b"\r\n") == [b"31 99", b""]


async def test_a_terminal_tells_its_new_size(place: Place) -> None:
    command = "trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.02; done"
    process, said, console = await attach(place, command, Terminal(24, 80))
    await said.until(b"ready")
    console.resize(Terminal(40, 120))
    assert (await within(process.wait())).status == 3
    assert b"40 120" in said.data


async def test_ctrl_c_goes_to_the_program_and_not_to_the_dyno(place: Place) -> None:
    # No program that waits for ever: a signal between a shell's fork and exec would be lost on it.
    command = "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.02; done"
    process, said, console = await attach(place, command, Terminal())
    await said.until(b"ready")
    await console.write(b"\x03")
    assert (await within(process.wait())).status == 5
    assert b"caught" in said.data


async def test_ctrl_c_ends_a_program_that_does_not_care(place: Place) -> None:
    process, said, console = await attach(place, "echo ready; exec sleep 30", Terminal())
    await said.until(b"ready")
    await console.write(b"\x03")
    assert (await within(process.wait())).status == 130


async def test_ctrl_d_ends_a_terminals_input(place: Place) -> None:
    process, said, console = await attach(place, READS, Terminal())
    await said.until(b"ready")
    await console.write(b"one\n")
    await said.until(b"<one>")
    console.end_input()
    assert (await within(process.wait())).status == 0
    assert said.data.endswith(b"end\r\n")


async def test_an_interactive_shell_has_job_control(place: Place) -> None:
    process, said, console = await attach(place, "bash --norc -i", Terminal())
    await console.write(b"sleep 30 & jobs; kill %1; wait; echo st''atus $?\nexit 4\n")
    assert (await within(process.wait())).status == 4
    assert b"Running" in said.data
    assert b"status 0" in said.data
    assert b"no job control" not in said.data


async def test_sigterm_still_ends_a_dyno_with_a_terminal(place: Place) -> None:
    process, said, _ = await attach(place, "echo ready; sleep 30; true", Terminal())
    await said.until(b"ready")
    process.terminate()
    assert (await within(process.wait())).status == 143


@pytest.mark.parametrize("terminal", [None, Terminal()])
async def test_sighup_reaches_every_process(place: Place, terminal: Terminal | None) -> None:
    waits = "while :; do sleep 0.02; done"
    command = f"(trap 'exit 0' HUP; {waits}) & trap 'wait; exit 9' HUP; echo ready; {waits}"
    process, said, console = await attach(place, command, terminal)
    await said.until(b"ready")
    console.hang_up()
    process.hang_up()
    assert (await within(process.wait())).status == 9
    assert said.ends == 1


async def test_output_stops_while_paused_and_none_is_lost(place: Place) -> None:
    process, said, console = await attach(place, "echo ready; head -c 3000000 /dev/zero; echo; echo done")
    console.pause()
    for _ in range(20):
        await asyncio.sleep(0.01)
    held = len(said.data)
    assert held < 1_500_000
    assert process.pids()
    console.resume()
    await within(process.wait())
    assert len(said.data) == 3_000_012
