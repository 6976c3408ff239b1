"""The web server of the static buildpack: files of a folder, correct and quiet, with Python's own library only.

usage: serve.py [APP]            serve on $PORT until SIGTERM, then end the requests in hand
       serve.py --check APP      say what would be served; fails when nothing can be
"""

import email.utils
import http.server
import mimetypes
import os
import re
import signal
import socket
import sys
import threading
import urllib.parse

from pages import Faulty, Site

TYPES = mimetypes.MimeTypes(filenames=())
for kind, ending in (
    ("text/javascript", ".js"),
    ("text/javascript", ".mjs"),
    ("application/json", ".map"),
    ("application/manifest+json", ".webmanifest"),
    ("application/wasm", ".wasm"),
    ("image/avif", ".avif"),
    ("image/webp", ".webp"),
    ("font/woff", ".woff"),
    ("font/woff2", ".woff2"),
):
    TYPES.add_type(kind, ending)
TEXT = re.compile(r"text/.*|application/(?:json|xml|manifest\+json)|image/svg\+xml")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
CHUNK = 256 * 1024
#: SIGKILL comes after thirty seconds.
GRACE_S = 25


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "static"
    sys_version = ""
    timeout = 95  # longer than a router keeps an idle connection
    wbufsize = 64 * 1024

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.busy = False
        self.server.enter(self)

    def finish(self):
        try:
            super().finish()
        finally:
            self.server.leave(self)

    def parse_request(self):
        self.busy = True
        fine = super().parse_request()
        if fine and (self.headers.get("Transfer-Encoding") or self.headers.get("Content-Length", "0") != "0"):
            self.close_connection = True  # a body that nobody reads must not be taken for the next request
        return fine

    def handle_one_request(self):
        super().handle_one_request()
        self.busy = False
        if self.server.stopping:
            self.close_connection = True

    def do_GET(self):
        path = urllib.parse.unquote(self.path.split("?")[0].split("#")[0], errors="surrogateescape")
        if not path.startswith("/"):
            self.refuse(400, "Bad Request")
            return
        elsewhere = self.server.site.redirect(path)
        if elsewhere:
            self.redirect(path, *elsewhere)
            return
        file = self.server.site.file(path)
        if file:
            self.give(file, path, 200)
            return
        page = self.server.site.not_found()
        if page:
            self.give(page, path, 404)
        else:
            self.refuse(404, "Not Found")

    do_HEAD = do_GET

    def give(self, name, path, status):
        try:
            file = open(name, "rb")
        except OSError:
            self.refuse(404, "Not Found")
            return
        with file:
            about = os.fstat(file.fileno())
            tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
            if status == 200 and self.unchanged(tag, about.st_mtime):
                self.begin(304, path, about, tag)
                self.end_headers()
                return
            first, last = 0, about.st_size - 1
            part = self.part(about.st_size, tag) if status == 200 else None
            if part == ():
                self.refuse(416, "Range Not Satisfiable", {"Content-Range": f"bytes */{about.st_size}"})
                return
            if part:
                status, (first, last) = 206, part
            self.begin(status, path, about, tag)
            if part:
                self.send_header("Content-Range", f"bytes {first}-{last}/{about.st_size}")
            self.send_header("Content-Type", content_type(name))
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            if self.command != "HEAD":
                self.pour(file, first, last - first + 1)

    def begin(self, status, path, about, tag):
        self.send_response(status)
        if status != 404:
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", email.utils.formatdate(about.st_mtime, usegmt=True))
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in self.server.site.headers_for(path).items():
            self.send_header(name, value)
        self.say_if_last()

    def pour(self, file, first, count):
        file.seek(first)
        while count > 0:
            data = file.read(min(CHUNK, count))
            if not data:
                self.close_connection = True  # the file shrank: the client must see that the answer is cut short
                return
            self.wfile.write(data)
            count -= len(data)

    def unchanged(self, tag, modified):
        known = self.headers.get("If-None-Match")
        if known is not None:
            return known.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]
        try:
            since = email.utils.parsedate_to_datetime(self.headers.get("If-Modified-Since", "")).timestamp()
        except (TypeError, ValueError, OverflowError):
            return False
        return int(modified) <= since

    def part(self, size, tag):
        """(first, last) of one asked-for range, None for the whole file, () for a range outside it."""
        asked = RANGE.fullmatch(self.headers.get("Range", ""))
        if not asked or asked[0] == "bytes=-" or self.headers.get("If-Range", tag) != tag:
            return None
        if not asked[1]:
            count = min(int(asked[2]), size)
            return (size - count, size - 1) if count else ()
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if asked[2] and int(asked[2]) < first:
            return None
        return (first, last) if first < size else ()

    def redirect(self, path, url, status):
        query = self.path.partition("?")[2]
        if query and "?" not in url:
            url = f"{url}?{query}"
        self.refuse(status if status in (301, 302, 303, 307, 308) else 301, "Moved", {"Location": url})

    def refuse(self, status, text, headers=()):
        body = f"{text}\n".encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, re.sub(r"[\r\n]", "", value))
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.say_if_last()
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def say_if_last(self):
        if self.server.stopping or self.close_connection:
            self.close_connection = True
            self.send_header("Connection", "close")

    def other(self):
        self.close_connection = True
        self.refuse(405, "Method Not Allowed", {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = other

    def log_message(self, *_):
        """Nothing: the router's line says it all."""


def content_type(name):
    found, encoding = TYPES.guess_type(name)
    if encoding or not found:
        return "application/gzip" if encoding == "gzip" else "application/octet-stream"
    return f"{found}; charset=utf-8" if TEXT.fullmatch(found) else found


class Server(http.server.ThreadingHTTPServer):
    """A thread a connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address, site):
        self.site = site
        self.stopping = False
        self.connections = set()
        self.changed = threading.Condition()
        super().__init__(address, Handler)

    def enter(self, connection):
        with self.changed:
            self.connections.add(connection)

    def leave(self, connection):
        with self.changed:
            self.connections.discard(connection)
            self.changed.notify_all()

    def handle_error(self, request, client_address):
        """A client that went away is no news."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def stop(self):
        """No new connections; those that wait for a request end, those that answer one end after it."""
        self.stopping = True
        self.shutdown()

    def drain(self):
        self.socket.close()
        with self.changed:
            for connection in self.connections:
                if not connection.busy:
                    try:
                        connection.connection.shutdown(socket.SHUT_RD)
                    except OSError:
                        pass
            self.changed.wait_for(lambda: not self.connections, GRACE_S)


def main():
    check = sys.argv[1:2] == ["--check"]
    app = (sys.argv[2:] if check else sys.argv[1:] or ["."])[0]
    try:
        site = Site(app)
    except Faulty as error:
        sys.exit(f"static: {error}")
    if check:
        print(f"serves {os.path.relpath(site.root, os.path.realpath(app))}/")
        for key in site.unused:
            print(f'"{key}" in static.json is not used here')
        return
    server = Server(("0.0.0.0", int(os.environ.get("PORT", "5000"))), site)
    # shutdown() waits for the loop that the handler interrupts: it needs a thread of its own.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.stop).start())
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        server.stopping = True
    server.drain()


main()
