import io, os, uuid
from pathlib import Path
import redis
from flask import Flask, request, redirect, send_file, render_template_string, abort
from PIL import Image
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"])
def keep(name, data): r.set("shot:" + name, data)
def fetch(name): return r.get("shot:" + name)
@app.get("/")
def wall():
    names = [n.decode() for n in r.lrange("names", 0, 30)]
    return render_template_string("<!doctype html><title>Polaroids</title>{% for n in names %}<figure><img src='/t/{{n}}.png' alt=shot></figure>{% endfor %}<form method=post action=/shoot enctype=multipart/form-data><input type=file name=photo accept='image/*'><button>Pin</button></form>", names=names)
@app.post("/shoot")
def shoot():
    try:
        image = Image.open(request.files["photo"].stream)
        image.thumbnail((64, 64))
    except OSError:
        abort(415)
    out, name = io.BytesIO(), uuid.uuid4().hex
    image.convert("RGB").save(out, "PNG")
    keep(name, out.getvalue())
    r.lpush("names", name)
    return redirect("/")
@app.get("/t/<name>.png")
def thumb(name):
    data = fetch(name)
    if data is None:
        abort(404)
    return send_file(io.BytesIO(data), "image/png")
