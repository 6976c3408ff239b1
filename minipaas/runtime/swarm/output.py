"""A dyno's output by way of the swarm: followed while it runs, and read once more at its end for what was missed."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp

from minipaas.errors import RuntimeMissing
from minipaas.runtime.base import Output
from minipaas.runtime.swarm.logstream import Pieces, Said, since
from minipaas.runtime.swarm.service import READY

#: A log that breaks off while its dyno runs is taken up again after so long.
_AGAIN_S = 0.3
#: The rest of the log of a node that does not answer is given up after so long.
_REST_S = 10.0


class LogSource:
    """The manager's log service; one for all dynos, for the SDK would need a thread for each."""

    def __init__(self, host: str) -> None:
        connector, self._base = _connection(host)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=None, sock_connect=10)
        )

    async def read(self, service: str, after: str, *, follow: bool) -> AsyncIterator[Said]:
        """What a service has said later than `after`.

        Raises:
            OSError: the manager does not answer, or breaks off.
        """
        wanted = {
            "stdout": "1",
            "stderr": "1",
            "timestamps": "1",
            "follow": str(int(follow)),
            "since": since(after),
        }
        pieces = Pieces()
        try:
            async with self._session.get(f"{self._base}/services/{service}/logs", params=wanted) as answer:
                if answer.status != 200:
                    raise OSError(f"the log service says {answer.status}")
                async for chunk in answer.content.iter_any():
                    for said in pieces.feed(chunk):
                        if said.at > after:
                            yield said
        except aiohttp.ClientError as error:
            raise OSError(str(error)) from error

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()


class ServiceLog:
    """One dyno's. `ready` is done when its main process runs."""

    def __init__(self, source: LogSource, service: str, output: Output) -> None:
        self._source = source
        self._service = service
        self._output = output
        self._last = ""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._following = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        while True:
            with suppress(OSError):
                await self._take(follow=True)
            await asyncio.sleep(_AGAIN_S)

    async def _take(self, *, follow: bool) -> None:
        async for said in self._source.read(self._service, self._last, follow=follow):
            self._last = said.at
            if not self.ready.done():
                self.ready.set_result(None)
                if said.data == READY:
                    continue
            self._output(said.data)

    async def finish(self, *, reachable: bool) -> None:
        """The dyno is over: read what the stream had not brought yet, and tell the end."""
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        if reachable:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_REST_S):
                    await self._take(follow=False)
        if not self.ready.done():
            self.ready.set_result(None)
        self._output(b"")


def _connection(host: str) -> tuple[aiohttp.BaseConnector, str]:
    if host.startswith("unix://"):
        return aiohttp.UnixConnector(host.removeprefix("unix://"), limit=0), "http://docker"
    address = host.removeprefix("tcp://").removeprefix("http://").removeprefix("https://")
    if not host.startswith(("tcp://", "http://", "https://")):
        raise RuntimeMissing(f"cannot read logs from the engine at {host}", "DOCKER_HOST may be unix:// or tcp://")
    certificates = os.environ.get("DOCKER_CERT_PATH", "")
    if not os.environ.get("DOCKER_TLS_VERIFY"):
        return aiohttp.TCPConnector(limit=0), f"http://{address}"
    folder = Path(certificates or Path.home() / ".docker")
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return aiohttp.TCPConnector(limit=0, ssl=context), f"https://{address}"
