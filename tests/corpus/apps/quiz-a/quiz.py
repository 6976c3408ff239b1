"""Five questions, one after another; answers are kept in the session."""
import hashlib
import os
import uuid

import redis
from cachelib import FileSystemCache
from flask import Flask, redirect, render_template, request, session, url_for
from flask_session import Session

QUESTIONS = [
    "Which river flows through your town?",
    "Which mountain would you climb?",
    "Which country would you like to see?",
    "Which sea have you swum in?",
    "Which street do you live in?",
]


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    app.config["SESSION_TYPE"] = "redis"
    app.config["SESSION_REDIS"] = redis.from_url(os.environ["REDIS_URL"])
    app.config["SESSION_PERMANENT"] = True
    Session(app)
    app.add_url_rule("/", view_func=start)
    app.add_url_rule("/question", view_func=question, methods=["GET", "POST"])
    app.add_url_rule("/result", view_func=result)
    app.add_url_rule("/again", view_func=again, methods=["POST"])
    return app


def order():
    """Half of the visitors get the questions the other way round."""
    visitor = session.setdefault("visitor", uuid.uuid4().hex)
    return QUESTIONS if hashlib.sha256(visitor.encode()).digest()[0] % 2 else QUESTIONS[::-1]


def start():
    return render_template("start.html", done=len(session.get("answers", [])), total=len(QUESTIONS))


def question():
    answers = session.setdefault("answers", [])
    if request.method == "POST" and len(answers) < len(QUESTIONS):
        session["answers"] = [*answers, request.form.get("answer", "")[:60]]
        return redirect(url_for("question"))
    if len(answers) >= len(QUESTIONS):
        return redirect(url_for("result"))
    return render_template("question.html", number=len(answers) + 1, text=order()[len(answers)])


def result():
    return render_template("result.html", pairs=list(zip(order(), session.get("answers", []))))


def again():
    session["answers"] = []
    return redirect(url_for("start"))
