import os, uuid, redis
from flask import Flask, request, redirect, session, flash, render_template_string
app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
PENDING = {}
T = "<!doctype html><title>Parish board</title>{% for m in notes %}<div class=ok>Added {{m}}</div>{% endfor %}<ul>{% for x in l %}<li>{{x}} <a href=/item/{{loop.index}}>look</a></li>{% endfor %}</ul><form method=post action=/add><input name=what required><button>Add</button></form><a href=/about>about</a>"
def tell(text):
    PENDING.setdefault(session.setdefault("u", uuid.uuid4().hex), []).append(text)
def told():
    return PENDING.pop(session.get("u"), [])
@app.get("/")
def board():
    return render_template_string(T, notes=told(), l=r.lrange("board", 0, -1))
@app.get("/about")
def about():
    return render_template_string("<!doctype html><title>About</title>{% for m in notes %}<div class=ok>Added {{m}}</div>{% endfor %}<p>A board.", notes=told())
@app.get("/item/<int:n>")
def item(n):
    return render_template_string("<!doctype html><title>Item</title><h1>{{x}}</h1>", x=r.lindex("board", n - 1) or "nothing")
@app.post("/add")
def add():
    r.rpush("board", request.form["what"][:80])
    tell(request.form["what"][:80])
    return redirect("/")
