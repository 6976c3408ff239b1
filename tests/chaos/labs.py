"""Small apps on Python's standard library in a real lab, for tests of what dynos do."""

import contextlib
import random
import textwrap
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from minipaas.chaos.discover import Discovery, discover
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.lab import Lab, Specimen
from minipaas.chaos.site import site
from minipaas.chaos.trial import CALM
from minipaas.clock import SystemClock
from minipaas.errors import RuntimeMissing
from minipaas.model.verdict import TimelineEvent
from minipaas.store.home import Home

#: A web server that ends politely; an app is a function `answer(method, path, form)` to (status, headers, body).
SERVER = textwrap.dedent("""
    import os, signal, sys, threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from urllib.parse import parse_qsl

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        block_on_close = True

        def server_bind(self):
            self.socket.bind(self.server_address)
            self.server_name, self.server_port = self.server_address

    def serve(answer, host="0.0.0.0", port=None, polite=True, before=lambda: None, streams=()):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path in streams:
                    streams[self.path](self)
                else:
                    self.give("GET", {})

            def do_POST(self):
                form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self.give("POST", dict(parse_qsl(form)))

            def give(self, method, form):
                status, headers, body = answer(method, self.path, form)
                body = body.encode()
                self.send_response(status)
                headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        before()
        server = Server((host, int(port or os.environ["PORT"])), Handler)

        def leave(*_):
            threading.Thread(target=server.shutdown).start()

        if polite:
            signal.signal(signal.SIGTERM, leave)
        server.serve_forever(poll_interval=0.02)
        server.server_close()
""")


@dataclass
class Kit:
    """A lab, and what was told while it was used."""

    lab: Lab
    folder: Path
    events: list[TimelineEvent] = field(default_factory=list)

    async def discovered(self, timeout_s: float = 10.0) -> Discovery:
        async with Fleet(self.lab, CALM) as fleet:
            return await discover(fleet, self.lab.specimen.name, timeout_s=timeout_s)


@contextlib.asynccontextmanager
async def kit(
    home: Path,
    files: Mapping[str, str],
    commands: Mapping[str, str] | None = None,
    *,
    seed: int = 1,
    boot_timeout_s: float = 60.0,
    config: Mapping[str, str] | None = None,
) -> AsyncIterator[Kit]:
    """A lab for an app of these files; `server.py` comes with it."""
    slug = home / "slug"
    slug.mkdir()
    for name, text in {"server.py": SERVER, **files}.items():
        (slug / name).write_text(textwrap.dedent(text))
    specimen = Specimen(
        name="app",
        release="v1",
        slug=slug,
        commands=dict(commands or {"web": "exec python3 app.py"}),
        config={"PYTHONUNBUFFERED": "1", **(config or {})},
    )
    try:
        async with site(Home(home / "home"), "auto") as place:
            lab = Lab(
                specimen,
                runtime=place.runtime,
                hosts=place.hosts,
                folder=place.home.root / "lab",
                clock=SystemClock(),
                rng=random.Random(seed),
                boot_timeout_s=boot_timeout_s,
            )
            try:
                yield Kit(lab, slug)
            finally:
                await lab.clear()
    except RuntimeMissing as error:
        pytest.skip(error.message)
