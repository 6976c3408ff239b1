"""Bad days: what the platform and its dynos must survive, each with real processes through the real command."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.e2e.harness import (
    COMMAND,
    PATIENCE_S,
    begin,
    environment,
    get,
    left_behind,
    mounts,
    platform,
    ready,
    until,
    web_app,
    write_app,
)

pytestmark = pytest.mark.slow

SHORT = "limits: {boot_timeout: 2s, exit_timeout: 1s}\n"
RUNTIMES = ["sandbox", "process"]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_kill_9_of_the_platform_leaves_nothing_and_up_works_again_at_once(tmp_path: Path, runtime: str) -> None:
    app = web_app(tmp_path / "shop")
    home = tmp_path / "home"
    first = begin(home, str(app), "--formation", "web=2", "--runtime", runtime, log=tmp_path)
    ready(first)
    port = int(first.url().rstrip("/").rsplit(":", 1)[1])
    dyno_port = first.dyno()["port"]
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(PATIENCE_S)
    with platform(tmp_path, app, "--formation", "web=2", "--runtime", runtime) as second:
        assert get(second.url())[1].startswith("web.")
    assert until(lambda: not left_behind(home))
    assert mounts(home) == []
    for number in (port, dyno_port):
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", number))


def test_after_kill_9_every_dyno_is_gone_without_another_up(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "worker: setsid sleep 1000 & exec sleep 1000\n")
    running = begin(tmp_path / "home", str(app), log=tmp_path)
    ready(running)
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(PATIENCE_S)
    assert until(lambda: not left_behind(tmp_path / "home"))


def test_two_platforms_on_one_home_are_told_apart_clearly(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app) as running:
        second = running.cli("up", str(app), "--port", "0", check=False)
        assert second.returncode == 4
        assert f"a platform is already running on {running.home} (pid {running.process.pid})" in second.stderr
        assert "minipaas down" in second.stderr
        assert get(running.url()) == (200, "web.1")


def test_a_taken_port_names_its_holder(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "up", str(app), "--port", str(port)],
            env=environment(tmp_path / "home"),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    assert done.returncode == 4
    assert f"cannot listen on 127.0.0.1:{port}: the port is taken by" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr


def test_an_app_that_exits_0_has_crashed_and_cools_off(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "worker: echo done\n")
    with platform(tmp_path, app) as running:
        log = running.logged("next start in 20 minutes")
        assert log.count("heroku[worker.1]: Process exited with status 0") == 2
        assert "heroku[worker.1]: State changed from up to crashed" in log
        assert running.dyno("worker.1")["state"] == "crashed"


def test_an_app_that_crashes_at_boot_fails_a_detached_up_and_shows_where_to_look(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "web: echo no database >&2; exit 3\n")
    env = environment(tmp_path / "home")
    done = subprocess.run(
        [*COMMAND, "up", str(app), "--port", "0", "--detach"],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    try:
        assert done.returncode == 1
        assert "web.1 of shop crashed" in done.stderr
        logs = subprocess.run([*COMMAND, "logs"], env=env, capture_output=True, text=True, timeout=PATIENCE_S).stdout
        assert "app[web.1]: no database" in logs
        assert "heroku[web.1]: Process exited with status 3" in logs
    finally:
        subprocess.run([*COMMAND, "down"], env=env, check=True, capture_output=True, timeout=PATIENCE_S)
    assert left_behind(tmp_path / "home") == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_grandchildren_go_with_their_dyno(tmp_path: Path, runtime: str) -> None:
    app = write_app(tmp_path / "shop", "worker: (setsid sleep 991 &) ; sleep 992 & exec sleep 993\n")
    with platform(tmp_path, app, "--runtime", runtime) as running:
        assert until(lambda: {"991", "992", "993"} <= _sleepers(running.home))
        running.cli("ps:scale", "worker=0")
        assert until(lambda: not _sleepers(running.home))


def _sleepers(home: Path) -> set[str]:
    return {line.rsplit(" ", 1)[1] for line in left_behind(home) if line.split(" ")[1:2] == ["sleep"]}


def test_100_mb_on_a_dynos_disk_are_gone_with_the_restart(tmp_path: Path) -> None:
    before = (
        "if not os.path.exists('big'):\n    open('big', 'wb').write(bytes(100_000_000)); print('wrote', flush=True)"
    )
    app = web_app(tmp_path / "shop", before=before)
    with platform(tmp_path, app) as running:
        hosts = running.home / "hosts"
        assert _size(hosts) >= 100_000_000
        running.cli("ps:restart")
        until(lambda: running.logs().count("app[web.1]: wrote") == 2)
        assert until(lambda: _size(hosts) < 150_000_000)
    assert _size(hosts) == 0


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def test_binary_output_and_a_5_mb_line_come_through(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "out = sys.stdout.buffer\n"
        "out.write(b'\\x00\\xff\\xfe binary\\n'); out.write(b'x' * 5_000_000 + b'\\n'); out.write(b'after\\n')\n"
        "out.flush(); time.sleep(1000)\n"
    )
    app = write_app(tmp_path / "shop", "worker: exec python3 noisy.py\n", noisy__py=code)
    with platform(tmp_path, app) as running:
        running.logged("app[worker.1]: after")
        raw = subprocess.run(
            [*COMMAND, "logs", "-n", "1500", "-d", "worker.1", "-s", "app"],
            env=environment(running.home),
            capture_output=True,
            timeout=PATIENCE_S,
        ).stdout.split(b"\n")
    assert any(line.endswith(b": \x00\xff\xfe binary") for line in raw)
    pieces = [line.partition(b": ")[2] for line in raw if b"xxx" in line]
    assert {len(piece) for piece in pieces} == {10_000}
    assert len(pieces) == 500


def test_r12_ends_what_ignores_sigterm(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop", before="signal.signal = lambda *a: None\nimport signal as s\n")
    (app / "server.py").write_text((app / "server.py").read_text().replace("signal.signal(", "(lambda *a: None)("))
    (app / "Procfile").write_text("web: trap '' TERM; python3 server.py\n")
    (app / "minipaas.yml").write_text(SHORT)
    with platform(tmp_path, app) as running:
        running.cli("ps:restart")
        log = running.logged("Stopping remaining processes with SIGKILL")
        assert "Error R12 (Exit timeout) -> At least one process failed to exit within 1 seconds of SIGTERM" in log
        running.logged("Process exited with status 137")
        assert get(running.url()) == (200, "web.1")


@pytest.mark.parametrize(
    ("bind", "told"),
    [
        ("('0.0.0.0', 0)", "instead: bind 0.0.0.0:$PORT"),
        ("('127.0.0.1', int(os.environ['PORT']))", "instead: bind 0.0.0.0, not only loopback"),
    ],
)
def test_r10_names_the_port_that_was_bound(tmp_path: Path, bind: str, told: str) -> None:
    code = (
        f"import os, socket, time\ns = socket.socket(); s.bind({bind}); s.listen()\n"
        "print(s.getsockname())\ntime.sleep(1000)\n"
    )
    app = write_app(tmp_path / "shop", "web: exec python3 -u bind.py\n", bind__py=code)
    (app / "minipaas.yml").write_text(SHORT)
    with platform(tmp_path, app) as running:
        log = running.logged("Error R10 (Boot timeout)")
        assert "Web process failed to bind to $PORT within 2 seconds of launch" in log
        log = running.logged(told)
        port = log.partition("app[web.1]: (")[2].partition(")")[0].rpartition(", ")[2]
        assert f":{port} (python3" in log
        assert running.logged("State changed from starting to crashed")


def test_ctrl_c_once_lets_a_request_in_flight_end(tmp_path: Path) -> None:
    before = "import time\ndef slow():\n    time.sleep(1.5)\n    return b'done'"
    app = web_app(tmp_path / "shop", before=before, body="slow()")
    with platform(tmp_path, app) as running:
        url = running.url()
        request = subprocess.Popen(["curl", "-s", url], stdout=subprocess.PIPE)
        until(lambda: running.process.poll() is None and _connected(url))
        assert running.stop(signal.SIGINT) == 130
        assert request.communicate(timeout=PATIENCE_S)[0] == b"done"
        told = running.out.read_text()
    assert "Stopping all processes with SIGTERM" in told
    assert "Process exited with status 0" in told


def _connected(url: str) -> bool:
    port = int(url.rstrip("/").rsplit(":", 1)[1])
    return any(
        each.raddr and each.raddr.port == port and each.status == psutil.CONN_ESTABLISHED
        for each in psutil.net_connections("tcp")
    )


def test_ctrl_c_twice_does_not_wait(tmp_path: Path) -> None:
    app = write_app(tmp_path / "shop", "worker: trap '' TERM; while :; do sleep 1; done\n")
    with platform(tmp_path, app) as running:
        running.process.send_signal(signal.SIGINT)
        until(lambda: "Stopping all processes with SIGTERM" in running.out.read_text())
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 130
        assert "Ctrl-C again does not wait" in running.err.read_text()
        assert "Process exited with status 137" in running.out.read_text()


def test_ctrl_c_during_a_build_leaves_nothing(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    (app / "bin" / "compile").write_text("#!/bin/sh\necho compiling\nsleep 1000\n")
    running = begin(tmp_path / "home", str(app), log=tmp_path)
    until(lambda: "compiling" in running.err.read_text())
    assert running.stop(signal.SIGINT) == 130
    assert left_behind(running.home) == []
    assert list((running.home / "builds").iterdir()) == []


def test_sigterm_stops_the_platform_and_says_so_in_its_exit_code(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    with platform(tmp_path, app) as running:
        assert running.stop(signal.SIGTERM) == 143


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_path_with_spaces_and_other_letters(tmp_path: Path, runtime: str) -> None:
    place = tmp_path / "mein Büro ☕"
    place.mkdir()
    app = web_app(place / "Süßer Laden")
    with platform(place, app, "--runtime", runtime) as running:
        assert [each["name"] for each in running.json("apps")] == ["suer-laden"]
        assert get(running.url()) == (200, "web.1")
        running.cli("ps:relocate", "web.1")
        running.logged("Process exited with status 0")


def test_a_state_folder_with_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with platform(deep, web_app(deep / "shop")) as running:
        assert get(running.url()) == (200, "web.1")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_is_told_and_what_runs_goes_on(tmp_path: Path) -> None:
    app = web_app(tmp_path / "shop")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    try:
        with platform(disk, app) as running:
            filler = disk / "filler"
            with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as full:
                while True:
                    full.write(bytes(65536))
            (app / "new.txt").write_text("changed")
            done = running.cli("builds:create", str(app), check=False)
            assert done.returncode == 1
            assert "space" in done.stderr
            assert get(running.url()) == (200, "web.1")
            filler.unlink()
            running.cli("builds:create", str(app))
            assert get(running.url()) == (200, "web.1")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="changes to an ordinary user")
def test_an_ordinary_user_gets_the_same(tmp_path: Path) -> None:
    uid = 12345
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/") and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    place = tmp_path / "theirs"
    app = web_app(place / "shop")
    for path in (place, *place.rglob("*")):
        os.chown(path, uid, uid)
    python = _readable_python(tmp_path)
    if python is None:
        pytest.skip("this checkout's environment cannot be read by other users")
    env = environment(place / "home", HOME=str(place))
    setpriv = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *python, "-m", "minipaas"]
    done = subprocess.run(
        [*setpriv, "up", str(app), "--port", "0", "--detach"],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    try:
        assert done.returncode == 0, done.stderr
        assert "Running dynos as process" not in done.stderr
        url = done.stderr.partition("shop is at ")[2].split()[0]
        assert get(url) == (200, "web.1")
        subprocess.run(
            [*setpriv, "ps:relocate", "web.1"], env=env, check=True, capture_output=True, timeout=PATIENCE_S
        )
        logs = subprocess.run([*setpriv, "logs"], env=env, capture_output=True, text=True, timeout=PATIENCE_S).stdout
        assert "Relocating from host a to host b" in logs
    finally:
        subprocess.run([*setpriv, "down"], env=env, check=True, capture_output=True, timeout=PATIENCE_S)
    assert left_behind(place / "home") == []


def _readable_python(tmp_path: Path) -> list[str] | None:
    """This environment's Python as another user may run it; None when its folders are closed to others."""
    del tmp_path
    import sys  # noqa: PLC0415

    probe = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", sys.executable, "-c", "import minipaas"]
    return [sys.executable] if subprocess.run(probe, capture_output=True).returncode == 0 else None
