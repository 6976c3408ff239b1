import os, signal, sys, json, itertools
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer
import bottle, redis
db = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))
def alle(): return sorted(db.hgetall("liste").items(), key=lambda p: int(p[0]))
def neu(was): db.hset("liste", db.incr("nr"), was)
def weg(nr): db.hdel("liste", nr)
ZEILE = bottle.SimpleTemplate('<li id="z{{n}}">{{was}} <button hx-delete="/posten/{{n}}" hx-target="#z{{n}}" hx-swap="outerHTML">weg</button></li>')
SEITE = bottle.SimpleTemplate("""<!doctype html><html lang=de><title>Einkauf</title>
<script src="https://unpkg.com/htmx.org@2"></script><h1>Einkaufszettel</h1><ul id=liste>{{!zeilen}}</ul>
<form hx-post="/posten" hx-target="#liste" hx-swap="innerHTML"><input name=was required placeholder="Was fehlt?"><button>dazu</button></form></html>""")
def zeilen():
    return "".join(ZEILE.render(n=n, was=was) for n, was in alle())
@bottle.get("/")
def start():
    return SEITE.render(zeilen=zeilen())
@bottle.post("/posten")
def dazu():
    was = bottle.request.forms.getunicode("was", "").strip()
    if not was:
        bottle.abort(422, "leer")
    neu(was[:80])
    return zeilen()
@bottle.delete("/posten/<nr>")
def streichen(nr):
    weg(nr)
    return ""
class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False
bottle.run(host="0.0.0.0", port=int(os.environ["PORT"]), server="wsgiref", server_class=Server, quiet=True)
