"""A small web server on the standard library that leaves politely.

At SIGTERM it stops listening, answers what has already been asked, closes every connection and returns.
"""

import os
import signal
import socket
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

MOST_BYTES_IN_A_FORM = 64 * 1024
SECONDS_A_CONNECTION_MAY_IDLE = 90
SECONDS_FOR_REQUESTS_UNDER_WAY = 0.2  # they are answered as ever, but no connection is kept
SECONDS_FOR_LAST_ANSWERS = 25
SIGNALS = {signal.SIGTERM, signal.SIGINT}


@dataclass(frozen=True)
class Request:
    """What a page needs to know of the request."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Mapping[str, str]
    request_id: str


@dataclass(frozen=True)
class Response:
    """What a page answers."""

    body: str = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def redirect(to: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that sends the browser on to another page with a GET."""
    return Response(status=303, headers={"Location": to, **(headers or {})})


class Handler(BaseHTTPRequestHandler):
    """One connection: requests in, answers out, one log line each."""

    protocol_version = default_request_version = "HTTP/1.1"
    timeout = SECONDS_A_CONNECTION_MAY_IDLE
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one write

    server: "Server"
    path = "?"
    headers = None
    began = 0.0

    def do_GET(self) -> None:
        self._answer({})

    def do_HEAD(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(411, "a form needs a Content-Length")
        elif int(length) > MOST_BYTES_IN_A_FORM:
            self._refuse(413, "this form is too long")
        elif len(form := self.rfile.read(int(length))) < int(length):
            self.close_connection = True  # the sender went away half-way
        else:
            self._answer(_pairs(form.decode("utf-8", "replace")))

    def parse_request(self) -> bool:
        self.server.busy.add(self.connection)
        self.began = time.monotonic()
        return super().parse_request()

    def handle_one_request(self) -> None:
        super().handle_one_request()
        self.server.busy.discard(self.connection)

    def _answer(self, form: Mapping[str, str]) -> None:
        url = urlsplit(self.path)
        request = Request(
            method="GET" if self.command == "HEAD" else self.command,
            path=url.path,
            query=_pairs(url.query),
            form=form,
            cookies=_cookies(self.headers.get("Cookie", "")),
            request_id=self.headers.get("X-Request-ID", "none"),
        )
        try:
            response = self.server.pages(request)
        except Exception:
            say(traceback.format_exc().rstrip())
            response = Response("<h1>Something went wrong</h1>", 500)
        self._send(response)

    def _refuse(self, status: int, reason: str) -> None:
        self.close_connection = True
        self._send(Response(reason + "\n", status, "text/plain; charset=utf-8"))

    def _send(self, response: Response) -> None:
        body = response.body.encode()
        self.close_connection = self.close_connection or self.server.stopping.is_set()
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        took = round((time.monotonic() - self.began) * 1000)
        request_id = self.headers.get("X-Request-ID", "none") if self.headers else "none"
        say(f"method={self.command} path={self.path} status={int(code)} took={took}ms request_id={request_id}")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Listens on every address of the dyno, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, pages: Callable[[Request], Response], stopping: threading.Event) -> None:
        self.pages = pages
        self.stopping = stopping
        self.open: set[socket.socket] = set()
        self.busy: set[socket.socket] = set()
        super().__init__(("0.0.0.0", port), Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # without the look-up of this machine's name, which may be slow

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        self.open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.open.discard(request)
            self.busy.discard(request)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # that is a visitor who went away
            super().handle_error(request, client_address)

    def leave(self) -> None:
        """Close the door behind those already in the queue, then wait until everybody has been served."""
        self._let_in_the_queue()
        self.server_close()
        end = time.monotonic() + SECONDS_FOR_LAST_ANSWERS
        while self.open and time.monotonic() < end:
            for connection in self.open - self.busy:
                _expect_no_more(connection)
            time.sleep(0.01)

    def _let_in_the_queue(self) -> None:
        self.socket.setblocking(False)
        while True:
            try:
                self.process_request(*self.get_request())
            except BlockingIOError:
                return


def serve(pages: Callable[[Request], Response], stopping: threading.Event) -> None:
    """Answer requests on $PORT until SIGTERM (or Ctrl-C) comes; `stopping` is set at that moment."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # they wait for us to ask; a handler could come at any line
    port = int(os.environ.get("PORT", "8000"))
    server = Server(port, pages, stopping)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    say(f"listening on port {port}")
    signal.sigwait(SIGNALS)
    stopping.set()
    say("asked to stop: finishing what has been asked")
    time.sleep(SECONDS_FOR_REQUESTS_UNDER_WAY)
    server.shutdown()
    server.leave()
    say("stopped")


def say(text: str) -> None:
    """One line for the log, at once: a log is a stream, never a file of ours."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _pairs(text: str) -> Mapping[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def _cookies(header: str) -> Mapping[str, str]:
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return {name: value for name, _, value in pairs if name}


def _expect_no_more(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # already gone
