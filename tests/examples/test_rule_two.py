"""How an example starts and stops."""

import signal
import socket
import threading
import time

import pytest

from tests.examples.conftest import Start
from tests.examples.harness import App, Visitor, raw_request, read_answer, wait_until

pytestmark = pytest.mark.slow

CONFIG = {"SECRET_KEY": "k" * 32, "BOOT_SECONDS": "0", "THINK_SECONDS": "0.05"}
POLITE = ["clean", "clean-node", "chess", "guestbook", "shop", "slow-boot"]
STUBBORN = ["stubborn", "stubborn-node"]


def connect(app: App) -> socket.socket:
    return socket.create_connection(("127.0.0.1", app.port), timeout=30)


@pytest.mark.parametrize("name", POLITE)
def test_it_exits_with_zero_at_sigterm_however_often_it_comes(start: Start, name: str) -> None:
    app = start(name, **CONFIG)
    with connect(app) as idle:
        idle.sendall(raw_request("/"))
        assert read_answer(idle)[0] == 200
        app.terminate()
        app.terminate()
        assert app.stop() == 0, app.log()
        assert idle.recv(1) == b""


@pytest.mark.parametrize("name", ["clean", "chess"])
def test_a_request_that_comes_with_the_sigterm_is_answered(start: Start, name: str) -> None:
    app = start(name, **CONFIG)
    connections = [connect(app) for _ in range(20)]
    app.terminate()
    for connection in connections:
        connection.sendall(raw_request("/"))
    assert [read_answer(connection)[0] for connection in connections] == [200] * 20
    for connection in connections:
        connection.close()
    assert app.process
    assert app.process.wait(30) == 0


# gunicorn (guestbook) closes its queue the moment SIGTERM comes: there the router has to be first.
@pytest.mark.parametrize("name", [name for name in POLITE if name != "guestbook"])
def test_no_request_is_lost_if_the_router_stops_sending_at_sigterm(start: Start, name: str) -> None:
    app = start(name, **CONFIG)
    senders = [Sender(app) for _ in range(4)]
    wait_until(lambda: all(sender.answered > 10 for sender in senders), "requests are answered")
    for sender in senders:
        sender.enough.set()
    assert app.stop() == 0, app.log()
    for sender in senders:
        sender.join(30)
    assert [sender.fault for sender in senders] == [None] * 4


class Sender(threading.Thread):
    """Asks again and again, each time on a connection of its own, until it is enough or a request is lost."""

    def __init__(self, app: App) -> None:
        super().__init__(daemon=True)
        self.app, self.enough, self.answered = app, threading.Event(), 0
        self.fault: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                with connect(self.app) as connection:
                    connection.sendall(raw_request("/"))
                    assert read_answer(connection)[0] == 200
                self.answered += 1
        except Exception as fault:
            self.fault = fault


@pytest.mark.parametrize("name", ["clean", "stubborn", "chess"])
def test_one_connection_serves_many_requests(start: Start, name: str) -> None:
    app = start(name, **CONFIG)
    with connect(app) as connection:
        for method in ("GET", "GET", "GET"):
            connection.sendall(raw_request("/", method=method))
            assert read_answer(connection)[0] == 200
        connection.sendall(raw_request("/nope", method="POST", body="a=1"))
        assert read_answer(connection)[0] == 404


@pytest.mark.parametrize("name", ["clean", "stubborn", "chess"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"bogus\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: =; a; b=1; ;;\xff\r\n\r\n", 200),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 411),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n\xff=%G", 404),
        (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_nonsense_gets_an_answer(start: Start, visitor: Visitor, name: str, sent: bytes, status: int) -> None:
    app = start(name, **CONFIG)
    with connect(app) as connection:
        connection.sendall(sent)
        assert read_answer(connection)[0] == status
    assert visitor.get(app.url()).status == 200
    assert "Traceback" not in app.log()


@pytest.mark.parametrize("name", STUBBORN)
def test_it_stays_when_told_to_go(start: Start, name: str) -> None:
    app = start(name, **CONFIG)
    app.terminate()
    wait_until(lambda: "stop" in app.log(), "it has heard of it")
    time.sleep(2)
    assert not app.has_exited()
    assert app.process
    app.kill()
    assert app.process.returncode == -signal.SIGKILL


def test_stubborn_even_answers_after_sigterm(start: Start, visitor: Visitor) -> None:
    app = start("stubborn", **CONFIG)
    app.terminate()
    wait_until(lambda: "somebody wants us to stop" in app.log(), "it has heard of it")
    assert visitor.get(app.url()).status == 200


@pytest.mark.parametrize("name", POLITE)
def test_it_can_be_asked_to_stop_while_it_boots(prepare: Start, name: str) -> None:
    app = prepare(name, **{**CONFIG, "BOOT_SECONDS": "30"})
    app.launch()
    assert app.stop() in (0, -signal.SIGTERM)


def test_slow_boot_listens_only_when_its_time_is_over(prepare: Start) -> None:
    app = prepare("slow-boot", BOOT_SECONDS="3")
    began = time.monotonic()
    app.start()
    assert time.monotonic() - began >= 3
    assert "indexing: done" in app.log()


def test_slow_boot_takes_longer_than_heroku_allows_by_default(prepare: Start) -> None:
    app = prepare("slow-boot")
    app.launch()
    wait_until(lambda: "indexing: 0 of" in app.log(), "it has begun")
    time.sleep(2)
    assert not app.listens()
    assert "BOOT_SECONDS ?? 90" in (app.folder / "server.js").read_text()


@pytest.mark.parametrize("name", [*POLITE, *STUBBORN])
def test_it_logs_its_requests_at_once(start: Start, visitor: Visitor, name: str) -> None:
    app = start(name, **CONFIG)
    visitor.get(app.url("/"))
    wait_until(lambda: "GET" in app.log(), "the request is in the log while the app runs", 5)


@pytest.mark.parametrize("name", POLITE)
def test_it_listens_beyond_the_loopback(start: Start, name: str) -> None:
    app = start(name, **CONFIG)
    with socket.create_connection(("127.0.0.9", app.port), timeout=5):
        pass
