"""The peer: a streaming reverse proxy as one writes it with aiohttp, on uvloop. Arguments as minipaas_router."""

import asyncio
import itertools
import sys
import time
import uuid
from pathlib import Path

import aiohttp
import uvloop
from aiohttp import web

HOP = {"connection", "keep-alive", "proxy-connection", "te", "upgrade", "transfer-encoding"}


async def serve(port: int, log: str, dyno_port: int, addresses: list[str]) -> None:
    """Route everything on `port` to the addresses in turn, a log line for each request."""
    turn = itertools.cycle([f"http://{address}:{dyno_port}" for address in addresses])
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=90), auto_decompress=False
    )
    out = Path(log).open("w", buffering=65536)  # noqa: SIM115

    async def handle(request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP]
        headers += [
            ("X-Forwarded-For", request.remote or ""),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", str(port)),
            ("X-Request-ID", str(uuid.uuid4())),
            ("X-Request-Start", str(int(time.time() * 1000))),
            ("Via", "1.1 bench"),
        ]
        body = request.content if request.body_exists else None
        async with session.request(
            request.method, next(turn) + request.raw_path, headers=headers, data=body, allow_redirects=False
        ) as answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in HOP:
                    response.headers.add(name, value)
            await response.prepare(request)
            size = 0
            async for chunk in answer.content.iter_any():
                size += len(chunk)
                await response.write(chunk)
            await response.write_eof()
        service = int((time.monotonic() - began) * 1000)
        out.write(
            f'at=info method={request.method} path="{request.raw_path}" host={request.host} '
            f"service={service}ms status={answer.status} bytes={size}\n"
        )
        return response

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
