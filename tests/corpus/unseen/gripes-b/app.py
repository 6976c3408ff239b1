import hashlib, hmac, os, secrets
import redis
from flask import Flask, request, make_response, abort
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
KEY = secrets.token_bytes(32)
def token(visitor):
    return hmac.new(KEY, visitor.encode(), hashlib.sha256).hexdigest()
@app.get("/")
def index():
    visitor = request.cookies.get("v") or secrets.token_hex(8)
    rows = "".join(f"<blockquote>{x}</blockquote>" for x in r.lrange("gripes", 0, 30))
    page = make_response(f"<!doctype html><title>Gripes</title>{rows}<form method=post action=/gripe><input type=hidden name=_csrf value={token(visitor)}><textarea name=gripe required></textarea><button>Complain</button></form>")
    page.set_cookie("v", visitor, httponly=True)
    return page
@app.post("/gripe")
def gripe():
    if not hmac.compare_digest(request.form.get("_csrf", ""), token(request.cookies.get("v", ""))):
        abort(403)
    r.lpush("gripes", request.form["gripe"][:200].replace("<", ""))
    return "<!doctype html><title>Noted</title><p>Noted. <a href=/>Back</a>", 201
