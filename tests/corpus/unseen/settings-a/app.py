import os
from functools import lru_cache
import psycopg
from flask import Flask, request, redirect, render_template_string
app = Flask(__name__)
def q(sql, *args):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as c:
        cur = c.execute(sql, args)
        return cur.fetchall() if cur.description else None
q("CREATE TABLE IF NOT EXISTS shop (id int PRIMARY KEY, motto text, opening text)")
q("INSERT INTO shop VALUES (1, 'Fresh every day', '8-18') ON CONFLICT DO NOTHING")
@lru_cache(maxsize=None)
def shop():
    return q("SELECT motto, opening FROM shop WHERE id = 1")[0]
@app.get("/")
def front():
    motto, opening = shop()
    return render_template_string("<!doctype html><title>Bakery</title><h1>{{m}}</h1><p>Open {{o}}</p><footer><a href=/backoffice>staff</a></footer>", m=motto, o=opening)
@app.get("/backoffice")
def form():
    motto, opening = shop()
    return render_template_string("<!doctype html><title>Staff</title><form action=/backoffice/save method=POST><input name=motto value='{{m}}'><input name=opening value='{{o}}'><button>Save</button></form>", m=motto, o=opening)
@app.post("/backoffice/save")
def save():
    q("UPDATE shop SET motto = %s, opening = %s WHERE id = 1", request.form["motto"][:80], request.form["opening"][:40])
    shop.cache_clear()
    return redirect("/backoffice")
