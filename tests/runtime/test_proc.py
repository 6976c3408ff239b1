"""Facts about processes: the kernel's files and psutil must tell the same."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from minipaas.runtime import foreign, proc, reaper
from minipaas.runtime.sockets import listeners_of
from tests.runtime.place import eventually

pytestmark = pytest.mark.skipif(not proc.HAS_PROC, reason="compares with /proc")
_SERVER = """
import os, socket, sys, threading, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
threading.Thread(target=lambda: os.fork() or time.sleep(60)).start()
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def server() -> Iterator[tuple[int, int]]:
    """A process that listens and has forked a child from a second thread: pid and port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVER, str(port)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={reaper.MARK_NAME: "test.mark/"},
    )
    assert child.stdout is not None
    child.stdout.readline()
    yield child.pid, port
    os.killpg(child.pid, 9)
    child.wait()
    child.stdout.close()


async def test_a_child_forked_by_a_second_thread_is_found(server: tuple[int, int]) -> None:
    pid, _ = server
    (child,) = await eventually(lambda: proc.tree(pid))
    assert foreign.children(pid) == [child]
    assert proc.parent_of(child) == pid


async def test_kernel_files_and_psutil_agree(server: tuple[int, int]) -> None:
    pid, port = server
    assert proc.command_of(pid) == foreign.command(pid).strip()
    assert set(proc.everyone()) >= {pid, os.getpid()} <= set(foreign.pids())
    assert proc.is_alive(pid)
    assert foreign.is_alive(pid)
    assert 1_000_000 < proc.memory_of([pid], 10**9) <= foreign.resident(pid)
    assert [(one.port, one.pid) for one in foreign.listeners([pid])] == [(port, pid)]
    assert [one.port for one in listeners_of([pid])] == [port]


async def test_shared_pages_are_divided_only_over_quota(server: tuple[int, int]) -> None:
    pid, _ = server
    (child,) = await eventually(lambda: proc.tree(pid))
    cheap, exact = proc.memory_of([pid, child], 10**9), proc.memory_of([pid, child], 0)
    assert exact < cheap


async def test_marks_are_read_alike_from_the_kernel_and_from_ps(server: tuple[int, int]) -> None:
    pid, _ = server
    found = reaper.marked("test.mark/")
    assert found[pid] == "test.mark/"
    assert reaper._marked_by_ps("test.mark/")[pid] == "test.mark/"
    assert reaper.marked("est.mark/") == {}
    assert reaper.marked("test.mark/x") == {}


def test_what_is_gone_is_nothing() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    pid = child.pid
    assert not proc.is_alive(pid)
    assert not foreign.is_alive(pid)
    assert proc.command_of(pid) == foreign.command(pid) == ""
    assert proc.tree(pid) == foreign.children(pid) == []
    assert proc.memory_of([pid], 0) == foreign.resident(pid) == 0
    assert proc.parent_of(pid) is None
    assert list(foreign.listeners([pid])) == []
    assert reaper.mark_of(pid) == ""


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["true"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not proc.is_alive(child.pid)
    assert not foreign.is_alive(child.pid)
    child.wait()
    child.stdout.close()
