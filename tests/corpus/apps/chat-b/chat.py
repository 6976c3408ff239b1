"""A chat: a WebSocket for each room, the last lines on the page."""
import asyncio
import html
import json
import os

import redis.asyncio as redis
from aiohttp import WSMsgType, web

ROOMS = ("kitchen", "garden")
PAGE = """<!doctype html><title>{room}</title><h1>{room}</h1><p><a href="/">All rooms</a></p>
<ul id="lines">{lines}</ul><form id="say"><input name="text" autocomplete="off"><button>Say</button></form>
<script>
const socket = new WebSocket(location.href.replace(/^http/, "ws") + "/ws");
socket.onmessage = (event) => {{ const li = document.createElement("li"); li.textContent = JSON.parse(event.data).text; lines.append(li); }};
say.onsubmit = (event) => {{ event.preventDefault(); socket.send(JSON.stringify({{ text: say.text.value }})); say.reset(); }};
</script>"""


async def tell(app, room, text):
    """To everybody in the room of this process."""
    for socket in list(app["sockets"][room]):
        await socket.send_json({"text": text})


async def say(app, room, text):
    await app["redis"].lpush(f"lines:{room}", text)
    await app["redis"].ltrim(f"lines:{room}", 0, 49)
    await tell(app, room, text)


async def listen(app):
    pubsub = app["redis"].pubsub()
    await pubsub.psubscribe("say:*")
    async for message in pubsub.listen():
        if message["type"] == "pmessage":
            await tell(app, message["channel"].partition(":")[2], message["data"])


async def home(request):
    items = "".join(f'<li><a href="/rooms/{room}">{room}</a>' for room in ROOMS)
    return web.Response(text=f"<!doctype html><title>Chat</title><h1>Rooms</h1><ul>{items}</ul>", content_type="text/html")


def room_of(request):
    room = request.match_info["room"]
    if room not in ROOMS:
        raise web.HTTPNotFound
    return room


async def page(request):
    room = room_of(request)
    lines = await request.app["redis"].lrange(f"lines:{room}", 0, 19)
    items = "".join(f"<li>{html.escape(line)}</li>" for line in reversed(lines))
    return web.Response(text=PAGE.format(room=room, lines=items), content_type="text/html")


async def connect(request):
    room = room_of(request)
    socket = web.WebSocketResponse(heartbeat=20)
    await socket.prepare(request)
    request.app["sockets"][room].add(socket)
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await say(request.app, room, str(json.loads(message.data).get("text", ""))[:200])
    finally:
        request.app["sockets"][room].discard(socket)
    return socket


async def life(app):
    app["redis"] = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    listener = asyncio.create_task(listen(app))
    yield
    listener.cancel()
    await app["redis"].aclose()


async def goodbye(app):
    for room in ROOMS:
        for socket in list(app["sockets"][room]):
            await socket.close(code=1001)


if __name__ == "__main__":
    app = web.Application()
    app["sockets"] = {room: set() for room in ROOMS}
    app.add_routes([web.get("/", home), web.get("/rooms/{room}", page), web.get("/rooms/{room}/ws", connect)])
    app.cleanup_ctx.append(life)
    app.on_shutdown.append(goodbye)
    web.run_app(app, port=int(os.environ.get("PORT", "8080")), shutdown_timeout=2)
