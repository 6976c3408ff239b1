"""What the weather is like, as people see it from their windows."""
import os
import signal
import subprocess
import sys

import redis
from flask import Flask, redirect, render_template_string, request

app = Flask(__name__)
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def hands_off():
    """Signals are for the web server; the thermometer just reads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


subprocess.Popen([sys.executable, "thermometer.py"], start_new_session=True, preexec_fn=hands_off)

PAGE = """<!doctype html><title>Weather</title><h1>Weather</h1>
<p>{{ degrees or "?" }} °C on the roof</p>
<form method="post" action="/seen"><input name="place" placeholder="where" required> <select name="sky"><option>blue</option><option>grey</option><option>wet</option></select> <button>Tell</button></form>
<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>"""


@app.get("/")
def home():
    return render_template_string(PAGE, degrees=store.get("degrees"), lines=store.lrange("seen", 0, 19))


@app.post("/seen")
def seen():
    store.lpush("seen", f"{request.form.get('place', '')[:40]}: {request.form.get('sky', 'grey')}")
    return redirect("/")
