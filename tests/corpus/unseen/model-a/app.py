import os, time, redis
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
def load_weights(seconds):
    time.sleep(seconds)
    return {"good": 1, "bad": -1}
WEIGHTS = load_weights(13)
@app.get("/")
def index():
    return render_template_string("<!doctype html><title>Mood</title>{% for t in l %}<p>{{t}}</p>{% endfor %}<form method=post action=/rate><input name=text required><button>Rate</button></form>", l=r.lrange("moods", 0, 20))
@app.post("/rate")
def rate():
    text = request.form["text"][:80]
    score = sum(WEIGHTS.get(w, 0) for w in text.split())
    r.lpush("moods", f"{text}: {'+' if score >= 0 else '-'}")
    return redirect("/")
