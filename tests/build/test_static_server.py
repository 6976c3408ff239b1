"""The static buildpack's web server, spoken to over a socket."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from minipaas.build.detect import shipped_folder
from tests.build.conftest import Files, lay_out

SERVE = shipped_folder() / "static" / "lib" / "serve.py"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Site:
    """A server in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-B", SERVE, folder], env={"PORT": str(port)}, stderr=subprocess.PIPE
        )

    def connect(self) -> socket.socket:
        for _ in range(500):
            with contextlib.suppress(ConnectionRefusedError):
                made = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
                return made
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.02)
                break
        raise AssertionError("the server is not up")

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        with self.connect() as connection:
            return speak(connection, path, method, **headers)


def speak(connection: socket.socket, path: str, method: str = "GET", **headers: str) -> Answer:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        assert more, f"closed after {data!r}"
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    found = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    status = int(first.split()[1])
    length = 0 if method == "HEAD" or status == 304 else int(found["content-length"])
    while len(body) < length:
        body += connection.recv(65536)
    return Answer(status, found, body)


@pytest.fixture
def serve(tmp_path: Path, unused_port: Callable[[], int]) -> Iterator[Callable[[Files], Site]]:
    sites: list[Site] = []

    def start(files: Files) -> Site:
        sites.append(Site(lay_out(tmp_path / "app", files), unused_port()))
        return sites[-1]

    yield start
    for site in sites:
        site.process.kill()
        assert site.process.stderr
        with site.process.stderr:
            assert site.process.stderr.read() == b""
        site.process.wait()


def test_files_folders_and_types(serve: Callable[[Files], Site]) -> None:
    site = serve(
        {"index.html": "top", "docs/index.html": "docs", "app.js": "1", "data.bin": "2", "ü ö.txt": "umlaut"}
    )
    assert site.ask("/").body == b"top"
    assert site.ask("/?a=1").headers["content-type"] == "text/html; charset=utf-8"
    assert site.ask("/docs/").body == b"docs"
    assert site.ask("/docs?x=1").headers["location"] == "/docs/?x=1"
    assert site.ask("/app.js").headers["content-type"] == "text/javascript; charset=utf-8"
    assert site.ask("/data.bin").headers["content-type"] == "application/octet-stream"
    assert site.ask("/%C3%BC%20%C3%B6.txt").body == b"umlaut"
    assert site.ask("/none").status == 404
    assert site.ask("/index.html/").status == 404


def test_head_has_the_headers_of_get_and_no_body(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "top"})
    with site.connect() as connection:
        head = speak(connection, "/", "HEAD")
        got = speak(connection, "/")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "3")
        assert {**head.headers, "date": ""} == {**got.headers, "date": ""}
        assert speak(connection, "/none", "HEAD").status == 404


def test_a_browser_is_spared_what_it_has(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "top"})
    first = site.ask("/")
    tag, modified = first.headers["etag"], first.headers["last-modified"]
    assert site.ask("/", If_None_Match=f'"other", W/{tag}').status == 304
    assert site.ask("/", If_None_Match="*").status == 304
    assert site.ask("/", If_Modified_Since=modified).status == 304
    assert site.ask("/", If_None_Match='"other"', If_Modified_Since=modified).status == 200
    assert site.ask("/", If_Modified_Since="yesterday").status == 200
    assert site.ask("/", If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200


def test_two_dynos_of_one_slug_give_one_file_one_etag(
    tmp_path: Path, serve: Callable[[Files], Site], unused_port: Callable[[], int]
) -> None:
    site = serve({"index.html": "top"})
    copy = Site(tmp_path / "app", unused_port())
    try:
        assert copy.ask("/").headers["etag"] == site.ask("/").headers["etag"]
    finally:
        copy.process.kill()
        copy.process.communicate()


RANGES: dict[str, tuple[int, bytes, str | None]] = {
    "bytes=0-3": (206, b"0123", "bytes 0-3/10"),
    "bytes=7-": (206, b"789", "bytes 7-9/10"),
    "bytes=-2": (206, b"89", "bytes 8-9/10"),
    "bytes=-99": (206, b"0123456789", "bytes 0-9/10"),
    "bytes=8-99": (206, b"89", "bytes 8-9/10"),
    "bytes=10-": (416, b"Range Not Satisfiable\n", "bytes */10"),
    "bytes=-0": (416, b"Range Not Satisfiable\n", "bytes */10"),
    "bytes=5-2": (200, b"0123456789", None),
    "bytes=0-1,3-4": (200, b"0123456789", None),
    "bytes=-": (200, b"0123456789", None),
    "lines=1-2": (200, b"0123456789", None),
}


def test_ranges(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "", "ten": "0123456789"})
    answers = {asked: site.ask("/ten", Range=asked) for asked in RANGES}
    assert {
        asked: (got.status, got.body, got.headers.get("content-range")) for asked, got in answers.items()
    } == RANGES


def test_a_range_of_a_file_that_changed_is_the_whole_file(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "0123456789"})
    assert site.ask("/", Range="bytes=0-1", If_Range='"old"').status == 200
    assert site.ask("/", Range="bytes=0-1", If_Range=site.ask("/").headers["etag"]).status == 206


HIDDEN = (
    "/../secret",
    "/%2e%2e/secret",
    "/a/../../secret",
    "/..%2fsecret",
    "/..%5csecret",
    "//etc/passwd",
    "/%00",
    "/.env",
    "/.git/config",
    "/a/.hidden",
    "/.heroku/static/serve.py",
    "/Procfile",
    "/static.json",
    "/out",
    "/outdir/secret",
)


def test_nothing_but_the_site_is_shown(serve: Callable[[Files], Site], tmp_path: Path) -> None:
    lay_out(tmp_path, {"secret": "secret"})
    files = dict.fromkeys((".env", ".git/config", "a/.hidden", ".heroku/static/serve.py", "Procfile"), "secret")
    lay_out(tmp_path / "app", {})
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "app" / "outdir").symlink_to(tmp_path)
    site = serve({**files, "index.html": "x", "static.json": '{"root": "."}'})
    assert {path: site.ask(path).status for path in HIDDEN} == dict.fromkeys(HIDDEN, 404)


def test_a_redirect_never_leads_to_another_site(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "x", "evil.example/index.html": "y"})
    assert site.ask("//evil.example").headers["location"] == "/evil.example/"


def test_no_header_can_be_smuggled_in_by_a_path(serve: Callable[[Files], Site]) -> None:
    site = serve(
        {
            "index.html": "x",
            "a/index.html": "y",
            "static.json": '{"root": ".", "redirects": {"/old": {"url": "/new"}}}',
        }
    )
    for path in ("/a%0d%0aX-Evil:1", "/old?x=%0d%0aX-Evil:1"):
        assert "x-evil" not in site.ask(path).headers


def test_static_json_is_obeyed(serve: Callable[[Files], Site]) -> None:
    rules = """{"root": "dist", "clean_urls": true, "error_page": "oops.html",
        "routes": {"/app/**": "index.html"},
        "headers": {"/**": {"X-A": "1"}, "/*.css": {"Cache-Control": "max-age=9"}},
        "redirects": {"/old": {"url": "/new", "status": 302}}}"""
    site = serve(
        {
            "static.json": rules,
            "dist/index.html": "top",
            "dist/about.html": "about",
            "dist/oops.html": "gone",
            "dist/a.css": "",
            "dist/static.json": "part of the site",
        }
    )
    assert site.ask("/about").body == b"about"
    assert site.ask("/app/deep/link").body == b"top"
    assert (site.ask("/nowhere").status, site.ask("/nowhere").body) == (404, b"gone")
    assert (site.ask("/old").status, site.ask("/old").headers["location"]) == (302, "/new")
    assert site.ask("/a.css").headers["cache-control"] == "max-age=9"
    assert site.ask("/sub/a.css").headers.get("cache-control") is None
    assert site.ask("/about").headers["x-a"] == "1"
    assert site.ask("/static.json").body == b"part of the site"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(serve: Callable[[Files], Site], method: str) -> None:
    answer = serve({"index.html": ""}).ask("/", method)
    assert (answer.status, answer.headers["allow"], answer.headers["connection"]) == (405, "GET, HEAD", "close")


def test_a_body_is_never_taken_for_the_next_request(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "top"})
    with site.connect() as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 28\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n"
        )
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65536):
                data += more
    assert data.count(b"HTTP/1.1 ") == 1


def test_a_connection_serves_many_requests(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "top"})
    with site.connect() as connection:
        for _ in range(5):
            assert speak(connection, "/").body == b"top"


async def test_sigterm_ends_the_requests_in_hand_and_then_the_server(serve: Callable[[Files], Site]) -> None:
    large = "x" * 30_000_000
    site = serve({"index.html": "top", "large": large})
    with site.connect() as idle, site.connect() as loading:
        assert speak(idle, "/").status == 200
        loading.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        data = await asyncio.to_thread(loading.recv, 1000)
        site.process.terminate()
        assert await asyncio.to_thread(idle.recv, 1000) == b"", "an idle connection ends at once"
        while more := await asyncio.to_thread(loading.recv, 1 << 20):
            data += more
    assert len(data) > len(large)
    assert await asyncio.to_thread(site.process.wait, 10) == 0


def test_a_client_that_goes_away_is_no_news(serve: Callable[[Files], Site]) -> None:
    site = serve({"index.html": "top", "large": "x" * 10_000_000})
    for _ in range(3):
        with site.connect() as connection:
            connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.recv(100)
    assert site.ask("/").status == 200


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"readme": ""}, "there is no index.html in the app's root, public, dist, build, public_html"),
        ({"static.json": "{"}, "static.json cannot be read"),
        ({"static.json": "[]"}, "static.json is no JSON object"),
        ({"static.json": '{"root": "../x"}'}, '"root" in static.json is no folder of the app'),
        ({"static.json": '{"root": "nowhere"}'}, "there is no folder nowhere"),
        ({"index.html": "", "static.json": '{"routes": []}'}, '"routes" in static.json is not as'),
    ],
)
def test_what_is_no_site_is_told_at_build_time(tmp_path: Path, files: Files, said: str) -> None:
    lay_out(tmp_path, files)
    ended = subprocess.run([sys.executable, "-B", SERVE, "--check", tmp_path], capture_output=True, text=True)
    assert ended.returncode == 1
    assert said in ended.stderr


def test_rules_that_are_not_used_are_told(tmp_path: Path) -> None:
    lay_out(tmp_path, {"index.html": "", "static.json": '{"root": ".", "https_only": true}'})
    ended = subprocess.run([sys.executable, "-B", SERVE, "--check", tmp_path], capture_output=True, text=True)
    assert ended.stdout == 'serves ./\n"https_only" in static.json is not used here\n'
    assert not (SERVE.parent / "__pycache__").exists()
