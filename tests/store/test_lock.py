"""Who takes the lock of a home learns whether the one before may have left something behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minipaas.store.home import Home, HomeLock

_HOLD = """
import sys, time
from pathlib import Path
from minipaas.store.home import Home, HomeLock
HomeLock(Home(Path(sys.argv[1]))).acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def taken(home: Home) -> HomeLock:
    lock = HomeLock(home)
    lock.acquire()
    return lock


def test_a_new_home_has_nothing_to_clear(home: Home) -> None:
    assert not taken(home).interrupted


def test_nothing_is_to_be_cleared_after_an_end_in_order(home: Home) -> None:
    first = taken(home)
    first.tidy()
    first.release()
    assert not taken(home).interrupted


def test_who_let_go_in_disorder_may_have_left_something(home: Home) -> None:
    taken(home).release()
    second = taken(home)
    assert second.interrupted
    second.release()
    assert taken(home).interrupted


def test_who_was_killed_may_have_left_something(home: Home) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(home.root)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert taken(home).interrupted
