import os, uuid
import redis
from flask import Flask, request, redirect, session, render_template_string, abort
app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
def draft():
    session.modified = True
    return session.setdefault("d", {})
T = "<!doctype html><title>Booking {{step}}/3</title><h2>Step {{step}}</h2>{% for k, v in d.items() %}<p>{{k}}: {{v}}</p>{% endfor %}<form method=post><label>{{q}} <input name=answer required></label><button>Next</button></form>"
QUESTIONS = {1: ("from", "Where do you live now?"), 2: ("to", "Where will you go?"), 3: ("phone", "Who shall we ask for?")}
@app.get("/")
def home():
    rows = "".join(f"<li>{b}</li>" for b in r.lrange("bookings", 0, 20))
    return f"<!doctype html><title>Moves</title><h1>Moves booked</h1><ul>{rows}</ul><a href=/book/1>Book a move</a>"
@app.route("/book/<int:step>", methods=["GET", "POST"])
def book(step):
    if step not in QUESTIONS:
        abort(404)
    key, question = QUESTIONS[step]
    d = draft()
    if step > 1 and QUESTIONS[step - 1][0] not in d:
        return redirect("/book/1")
    if request.method == "POST":
        d[key] = request.form["answer"][:60]
        if step < 3:
            return redirect(f"/book/{step + 1}")
        r.lpush("bookings", f"{d['from']} to {d['to']} ({d['phone']})")
        d.clear()
        return redirect("/")
    return render_template_string(T, step=step, q=question, d=d)
