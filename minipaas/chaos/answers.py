"""One request to one dyno, and its answer as far as it is waited for: every wait has an end."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import httpx

from minipaas.chaos.lab import LabDyno

#: A stream of events is listened to for so long.
STREAM_S = 1.0
#: Of another body that keeps coming, so much is waited for after its first byte.
BODY_S = 10.0
#: Nothing that a plan judges is larger.
_MOST_BYTES = 16 * 1024 * 1024
#: A dyno that answers 503 right after it began to listen is asked again for so long, as a user reloads.
WARM_UP_S = 10.0
_AGAIN_S = 0.2
#: How an answer that was given up is told.
TIMED_OUT, STILL_SENDING = "timed out", "still sending"
ENDLESS = (TIMED_OUT, STILL_SENDING)
#: What an answer says of its wire, which is not true of what was read.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class Answer:
    """`response` is read; None where none came, and `error` says why. `first_byte_s` is None if nothing came."""

    response: httpx.Response | None
    error: str
    started_s: float
    first_byte_s: float | None
    service_s: float


async def ask(client: httpx.AsyncClient, request: httpx.Request, dyno: LabDyno, *, timeout_s: float) -> Answer:
    """Send it to the dyno; one that has just begun to listen and is not ready is given time.

    Args:
        timeout_s: until the first byte, and between two pieces of the body.
    """
    request.extensions["to"] = dyno
    began = time.monotonic()
    while True:
        answer = await _once(client, request, timeout_s)
        warming = answer.response is not None and answer.response.status_code == 503
        if dyno.answered or not warming or time.monotonic() - began > WARM_UP_S:
            dyno.answered = True
            return answer
        await asyncio.sleep(_AGAIN_S)


async def _once(client: httpx.AsyncClient, request: httpx.Request, timeout_s: float) -> Answer:
    started, first, error = time.monotonic(), None, ""
    response: httpx.Response | None = None
    try:
        async with asyncio.timeout(timeout_s):
            opened = await client.send(request, stream=True)
        first = time.monotonic() - started
        response, error = await _read(opened)
    except (httpx.TimeoutException, TimeoutError):
        error = TIMED_OUT
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        error = f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__
    return Answer(response, error, started, first, time.monotonic() - started)


async def _read(opened: httpx.Response) -> tuple[httpx.Response, str]:
    """The whole answer; of one that never ends, what comes within a moment."""
    is_stream = opened.headers.get("content-type", "").startswith("text/event-stream")
    pieces: list[bytes] = []
    error = "" if is_stream else STILL_SENDING
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(STREAM_S if is_stream else BODY_S):
                size = 0
                async for piece in opened.aiter_bytes():
                    pieces.append(piece)
                    size += len(piece)
                    if size > _MOST_BYTES:
                        break
                error = ""
    finally:
        await opened.aclose()
    whole = httpx.Response(
        opened.status_code,
        headers=[each for each in opened.headers.multi_items() if each[0].lower() not in _OF_THE_WIRE],
        content=b"".join(pieces),
        request=opened.request,
    )
    whole.next_request = opened.next_request
    return whole, error


class ToDyno(httpx.AsyncBaseTransport):
    """What the router does for a dyno: its address, the forwarded headers; a connection for each request."""

    def __init__(self) -> None:
        self._wire = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0), retries=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """To the dyno that `ask` chose."""
        dyno: LabDyno = request.extensions["to"]
        headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
        request.headers.update(headers)
        target = request.url.copy_with(scheme="http", host=dyno.host.address, port=dyno.port)
        sent = httpx.Request(request.method, target, headers=request.headers, stream=request.stream)
        sent.extensions = {key: value for key, value in request.extensions.items() if key != "to"}
        return await self._wire.handle_async_request(sent)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._wire.aclose()
