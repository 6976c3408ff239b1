import os, sqlite3
import psycopg
from flask import Flask, g, request, redirect, session, render_template_string
from werkzeug.security import generate_password_hash, check_password_hash
app = Flask(__name__)
app.config.update(SECRET_KEY=os.environ["SECRET_KEY"])
Q = "?"
def db():
    if "db" not in g:
        g.db = sqlite3.connect("velo.db")
        g.db.execute("CREATE TABLE IF NOT EXISTS member (mail TEXT PRIMARY KEY, hash TEXT)")
        g.db.execute("CREATE TABLE IF NOT EXISTS ride (mail TEXT, where_to TEXT, km TEXT)")
        g.db.commit()
    return g.db
@app.teardown_appcontext
def close(e=None):
    if "db" in g:
        g.pop("db").close()
BASE = "<!doctype html><title>Vélo</title><nav>{% if session.m %}{{session.m}} <form action=/bye method=post><button>Sign out</button></form>{% else %}<a href=/in>Sign in</a> <a href=/new>Become a member</a>{% endif %}</nav><p>{{msg}}</p>"
ENTER = BASE + "<form method=post><input type=email name=mail required><input type=password name=pw required><button>{{what}}</button></form>"
@app.get("/")
def home():
    if "m" not in session:
        return render_template_string(BASE, msg="Log your rides.")
    rides = db().execute(f"SELECT where_to, km FROM ride WHERE mail = {Q}", (session["m"],)).fetchall()
    return render_template_string(BASE + "<ol>{% for w, k in rides %}<li>{{w}} <small>{{k}} km</small></li>{% endfor %}</ol><form action=/ride method=post><input name=where_to required><input type=number name=km min=1 max=400><button>Log it</button></form>", rides=rides, msg="")
@app.route("/new", methods=["GET", "POST"])
def new():
    if request.method == "POST":
        if db().execute(f"SELECT 1 FROM member WHERE mail = {Q}", (request.form["mail"],)).fetchone():
            return render_template_string(ENTER, what="Become a member", msg="Already a member"), 409
        db().execute(f"INSERT INTO member VALUES ({Q}, {Q})", (request.form["mail"], generate_password_hash(request.form["pw"], "pbkdf2:sha256:1000")))
        db().commit()
        return redirect("/in")
    return render_template_string(ENTER, what="Become a member", msg="")
@app.route("/in", methods=["GET", "POST"])
def enter():
    if request.method == "POST":
        row = db().execute(f"SELECT hash FROM member WHERE mail = {Q}", (request.form["mail"],)).fetchone()
        if not row or not check_password_hash(row[0], request.form["pw"]):
            return render_template_string(ENTER, what="Sign in", msg="No"), 401
        session["m"] = request.form["mail"]
        return redirect("/")
    return render_template_string(ENTER, what="Sign in", msg="")
@app.post("/bye")
def bye():
    session.clear()
    return redirect("/")
@app.post("/ride")
def ride():
    if "m" not in session:
        return redirect("/in")
    db().execute(f"INSERT INTO ride VALUES ({Q}, {Q}, {Q})", (session["m"], request.form["where_to"], request.form["km"]))
    db().commit()
    return redirect("/")
