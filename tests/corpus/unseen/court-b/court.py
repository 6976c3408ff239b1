import os, secrets
from aiohttp import web
import redis.asyncio as redis
routes = web.RouteTableDef()
db = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
liens = {}
async def garder(code, url): liens[code] = url
async def trouver(code): return liens.get(code)
FORM = "<!doctype html><html lang=fr><title>Plus court</title><h1>Raccourcir un lien</h1><form action=/raccourcir method=post><input type=url name=lien required><input type=submit value=Raccourcir></form>"
@routes.get("/")
async def accueil(req):
    return web.Response(text=FORM, content_type="text/html")
@routes.post("/raccourcir")
async def raccourcir(req):
    lien = (await req.post()).get("lien", "")
    if not lien.startswith("http"):
        return web.Response(status=400, text="lien ?")
    code = secrets.token_urlsafe(4)
    await garder(code, lien)
    return web.Response(text=FORM + f"<p>Voici : <a href='/+{code}'>/+{code}</a>", content_type="text/html")
@routes.get("/+{code}")
async def details(req):
    lien = await trouver(req.match_info["code"])
    if lien is None:
        raise web.HTTPNotFound(text="lien inconnu")
    return web.Response(text=f"<!doctype html><title>Lien</title><p>Ce lien va vers <b>{lien}</b>", content_type="text/html")
app = web.Application()
app.add_routes(routes)
if __name__ == "__main__":
    web.run_app(app, port=int(os.environ["PORT"]), print=None)
