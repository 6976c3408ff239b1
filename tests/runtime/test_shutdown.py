"""Requests in flight at SIGTERM: the rows of the signal matrix that a wrong init turns into dropped requests."""

import asyncio
import random
import shutil

import pytest

from minipaas.clock import SystemClock
from minipaas.runtime.ports import Ports
from minipaas.runtime.portwatch import PortWatch
from tests.runtime.conftest import only
from tests.runtime.place import Place, make_slug, within

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("npm", path="/usr/bin:/bin") is None, reason="no npm"),
]

_NODE = b"""
const server = require('http').createServer((request, response) => {
  console.log('started');
  setTimeout(() => response.end('done'), 500);
}).listen(process.env.PORT);
if (process.env.GRACEFUL) process.on('SIGTERM', () => server.close());
if (process.env.DEAF) process.on('SIGTERM', () => {});
"""
_PACKAGE = b'{"name": "app", "version": "1.0.0", "scripts": {"start": "node server.js"}}'


async def answer(port: int) -> bytes:
    """The whole answer; empty when the connection is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@only("sandbox", "process")
@pytest.mark.parametrize(
    ("command", "mode", "kept"),
    [
        ("npm start", "GRACEFUL", True),
        ("sh -c 'true && node server.js'", "GRACEFUL", True),
        ("exec node server.js", "GRACEFUL", True),
        ("exec node server.js", "ABRUPT", False),
        ("node server.js; true", "DEAF", True),
    ],
)
async def test_who_is_graceful_loses_no_request(place: Place, command: str, mode: str, kept: bool) -> None:
    make_slug(place.slug, {"server.js": _NODE, "package.json": _PACKAGE})
    port = Ports(random.Random()).take()
    process, said = await place.start(
        command, env={"PORT": str(port), mode: "1", "npm_config_update_notifier": "false"}
    )
    await within(PortWatch(SystemClock()).bound(port, "127.0.0.1"))
    request = asyncio.ensure_future(answer(port))
    await said.until(b"started")
    process.terminate()
    assert (await within(request)).endswith(b"done") is kept
    if mode == "DEAF":
        assert process.pids()
        process.kill()
    assert (await within(process.wait())).status in (0, 137, 143)
