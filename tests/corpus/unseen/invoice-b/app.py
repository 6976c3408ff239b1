import os, time, redis
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
@app.get("/")
def index():
    return render_template_string("<!doctype html><title>Invoices</title><ul>{% for t in l %}<li>{{t}}</li>{% endfor %}</ul><form method=post action=/invoice><input name=customer required><input name=amount type=number min=1 max=9000><button>Write</button></form> <a href=/report>Report</a>", l=r.lrange("inv", 0, 20))
@app.post("/invoice")
def invoice():
    r.lpush("inv", f"{request.form['customer'][:60]} {request.form['amount']}")
    return redirect("/")
@app.get("/report")
def report():
    time.sleep(7)
    return f"<!doctype html><title>Report</title><p>{r.llen('inv')} invoices</p>"
