"""/minipaas/requests: the router's record of each request as it ends, a line of JSON each."""

import asyncio
import json

from aiohttp import web

from minipaas.api.wire import plane, streamed
from minipaas.model.request import RequestRecord

routes = web.RouteTableDef()
#: A line without a record tells the reader that the platform is there, and the platform that the reader is.
_STILL_HERE_S = 10.0


@routes.get("/minipaas/requests")
async def follow(request: web.Request) -> web.StreamResponse:
    """Those that end from now on, of all apps or of `?app=NAME`, until the reader leaves; `{"lost": 7}` tells a gap.

    `{}` is sent where nothing ends for ten seconds, and at the beginning.
    """
    wanted = request.query.get("app")
    if wanted is not None:
        plane(request).find(wanted)
    response = await streamed(request)
    batches = plane(request).feed.read()
    try:
        coming = asyncio.ensure_future(anext(batches))
        await response.write(b"{}\n")
        while True:
            done, _ = await asyncio.wait({coming}, timeout=_STILL_HERE_S)
            if not done:
                await response.write(b"{}\n")
                continue
            records, lost = coming.result()
            coming = asyncio.ensure_future(anext(batches))
            told = [_told(each) for each in records if wanted in (None, each.app)]
            lines = [*([{"lost": lost}] if lost else []), *told]
            await response.write("".join(f"{json.dumps(line)}\n" for line in lines).encode())
    except ConnectionError:
        pass
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await batches.aclose()
    return response


def _told(record: RequestRecord) -> dict[str, object]:
    return {
        "app": record.app,
        "started_at": record.started_at,
        "method": record.method,
        "path": record.path,
        "request_id": record.request_id,
        "dyno": record.dyno,
        "at": record.at,
        "code": record.code,
        "status": record.status,
        "connect_ms": record.connect_ms,
        "service_ms": record.service_ms,
        "bytes": record.bytes,
    }
