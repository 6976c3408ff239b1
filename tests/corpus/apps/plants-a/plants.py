"""Plants of the office, and when somebody has watered them."""
import html
import os
from datetime import datetime, timezone

import redis.asyncio as redis
from aiohttp import ClientSession, web

LOCAL = "127.0.0.1"
ALL = "0.0.0.0"
PORT = int(os.environ.get("PORT", "8080"))


async def home(request):
    plants = await request.app["redis"].hgetall("plants")
    rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(when)}</td></tr>" for name, when in sorted(plants.items()))
    return web.Response(
        text=f"""<!doctype html><title>Plants</title><h1>Plants</h1><table>{rows}</table>
<form method="post" action="/water"><input name="plant" required><button>Watered</button></form><a href="/health">Health</a>""",
        content_type="text/html",
    )


async def water(request):
    plant = (await request.post()).get("plant", "").strip()[:40]
    if plant:
        await request.app["redis"].hset("plants", plant, datetime.now(timezone.utc).strftime("%d.%m. %H:%M"))
    raise web.HTTPSeeOther("/")


async def health(request):
    async with ClientSession() as client, client.get(f"http://{LOCAL}:{PORT}/ping") as answer:
        return web.json_response({"self": answer.status})


async def ping(request):
    return web.Response(text="pong")


async def life(app):
    app["redis"] = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    yield
    await app["redis"].aclose()


app = web.Application()
app.cleanup_ctx.append(life)
app.add_routes([web.get("/", home), web.post("/water", water), web.get("/health", health), web.get("/ping", ping)])
web.run_app(app, host=ALL, port=PORT, shutdown_timeout=3)
