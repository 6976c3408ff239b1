from __future__ import annotations

import asyncio
import os
from html import escape

from aiohttp import web
from redis.asyncio import Redis

DB = web.AppKey("db", Redis)
HEAT = web.AppKey("heat", asyncio.Task)


class Orders(web.View):
    async def get(self) -> web.Response:
        orders = await self.request.app[DB].lrange("pizzas", 0, 19)
        heat = "hot" if self.request.app[HEAT].done() else "getting hot"
        body = "".join(f"<li>{escape(order)}</li>" for order in orders)
        return web.Response(
            text=f"<title>Pizza</title><p>The oven is {heat}.</p><ul>{body}</ul>"
            "<form method='post'><input name='pizza' required><button>Order</button></form>",
            content_type="text/html",
        )

    async def post(self) -> web.Response:
        form = await self.request.post()
        await self.request.app[DB].lpush("pizzas", str(form.get("pizza", ""))[:60])
        raise web.HTTPSeeOther(self.request.path)


async def heat() -> None:
    for _degrees in range(0, 360, 30):
        await asyncio.sleep(1)


async def start(app: web.Application) -> None:
    app[DB] = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    app[HEAT] = asyncio.create_task(heat())


def make(argv: list[str]) -> web.Application:
    app = web.Application()
    app.router.add_view("/", Orders)
    app.on_startup.append(start)
    return app
