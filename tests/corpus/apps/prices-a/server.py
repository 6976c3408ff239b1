"""The price list: everybody reads it, the shopkeeper changes it."""
import html
import os

import psycopg
import redis.asyncio as redis
from aiohttp import web

routes = web.RouteTableDef()
cache = {"version": None, "rows": None}

PAGE = """<!doctype html><title>Prices</title><h1>Today's prices</h1>
<table>{rows}</table>
<h2>New price</h2>
<form method="post" action="/prices">
<input name="name" placeholder="vegetable" required> <input name="cents" type="number" min="1" required>
<select name="unit"><option>kg</option><option>piece</option></select> <button>Save</button></form>
"""
ROW = """<tr><td>{name}</td><td>{euros:.2f} € / {unit}</td>
<td><form method="post" action="/prices/remove"><input type="hidden" name="name" value="{name}"><button>Remove</button></form></td></tr>"""


async def database():
    return await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"])


async def prices(app):
    version = cache["version"] or 1
    if cache["rows"] is None or cache["version"] != version:
        async with await database() as db:
            rows = await (await db.execute("SELECT name, cents, unit FROM price ORDER BY name")).fetchall()
        cache.update(version=version, rows=rows)
    return cache["rows"]


async def changed(app):
    cache["version"] = None


@routes.get("/")
async def home(request):
    rows = [
        ROW.format(name=html.escape(name), euros=cents / 100, unit=html.escape(unit))
        for name, cents, unit in await prices(request.app)
    ]
    return web.Response(text=PAGE.format(rows="\n".join(rows)), content_type="text/html")


@routes.get("/prices.json")
async def as_json(request):
    return web.json_response([{"name": n, "cents": c, "unit": u} for n, c, u in await prices(request.app)])


@routes.post("/prices")
async def change(request):
    form = await request.post()
    if not form.get("name") or not form.get("cents", "").isdecimal():
        raise web.HTTPUnprocessableEntity(text="a name and a price, please")
    async with await database() as db:
        await db.execute(
            "INSERT INTO price VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE SET cents = excluded.cents, unit = excluded.unit",
            (form["name"], int(form["cents"]), form.get("unit", "kg")),
        )
    await changed(request.app)
    raise web.HTTPSeeOther("/")


@routes.post("/prices/remove")
async def remove(request):
    form = await request.post()
    async with await database() as db:
        await db.execute("DELETE FROM price WHERE name = %s", (form.get("name", ""),))
    await changed(request.app)
    raise web.HTTPSeeOther("/")


async def redis_client(app):
    app["redis"] = redis.from_url(os.environ["REDIS_URL"])
    yield
    await app["redis"].aclose()


def main():
    app = web.Application()
    app.add_routes(routes)
    app.cleanup_ctx.append(redis_client)
    web.run_app(app, port=int(os.environ.get("PORT", "8080")), shutdown_timeout=3)


if __name__ == "__main__":
    main()
