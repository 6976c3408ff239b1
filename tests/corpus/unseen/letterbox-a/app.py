import os, threading, time
import redis
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
def deliver(letter):
    time.sleep(2)  # the mail server is slow
    r.lpush("sent", letter)
@app.get("/")
def desk():
    return render_template_string("<!doctype html><title>Letterbox</title><h2>Sent</h2><ul>{% for s in sent %}<li>{{s}}</li>{% endfor %}</ul><form method=post><label>Letter <textarea name=letter required></textarea></label><button>Post it</button></form>", sent=r.lrange("sent", 0, 40))
@app.post("/")
def post():
    threading.Thread(target=deliver, args=(request.form["letter"][:200],)).start()
    return redirect("/")
