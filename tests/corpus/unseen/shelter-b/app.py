import os, redis
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
@app.route("/", methods=["GET", "POST"])
def animals():
    if request.method == "POST":
        r.rpush("animals", request.form["name"][:50])
        return redirect("/", 303)
    return render_template_string("<!doctype html><title>Shelter</title><dl>{% for a in l %}<dt>{{a}}</dt>{% endfor %}</dl><form method=post><input name=name required><button>Take in</button></form>", l=r.lrange("animals", 0, -1))
