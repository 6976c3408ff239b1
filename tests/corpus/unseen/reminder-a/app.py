import os, time, threading
import redis
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
@app.get("/")
def home():
    now = time.time()
    due = r.zrangebyscore("later", 0, now)
    return render_template_string("<!doctype html><title>Nudge</title><h3>Time for</h3><ul>{% for x in due %}<li>{{x}}</li>{% endfor %}</ul><form action=/nudge method=post><input name=what required><button>Nudge me in 3 seconds</button></form>", due=due)
@app.post("/nudge")
def nudge():
    what = request.form["what"][:90]
    r.zadd("later", {what: time.time() + 3})
    return redirect("/")
