import os, time, threading
import redis
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
@app.get("/")
def home():
    due = r.lrange("due", 0, 20)
    return render_template_string("<!doctype html><title>Nudge</title><h3>Time for</h3><ul>{% for x in due %}<li>{{x}}</li>{% endfor %}</ul><form action=/nudge method=post><input name=what required><button>Nudge me in 3 seconds</button></form>", due=due)
@app.post("/nudge")
def nudge():
    what = request.form["what"][:90]
    threading.Timer(3, r.lpush, ("due", what)).start()
    return redirect("/")
