"""Quotes by topic, from another app; favourites in the visitor's signed session cookie."""

import os

from flask import Flask, redirect, render_template, request, session, url_for

import quotes

MOST_FAVOURITES = 10  # what a cookie can hold
LONGEST_WHY = 80

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],  # from app.json: the same on every dyno
    SESSION_COOKIE_NAME="quotes_session",
    SESSION_COOKIE_SAMESITE="Lax",
)
app.jinja_env.globals["dyno"] = os.environ.get("DYNO", "this computer")


@app.get("/")
def by_topic() -> str:
    """The quotes on a topic."""
    topic = request.args.get("topic", "")
    return render_template("quotes.html", topic=topic, topics=quotes.topics(), quotes=quotes.by_topic(topic))


@app.get("/favourites")
def favourites() -> str:
    """What this visitor likes."""
    return render_template("favourites.html", favourites=session.get("favourites", []))


@app.post("/favourites")
def like():
    """One more favourite, with a word on why."""
    quote = quotes.by_number(request.form.get("number", 0, type=int))
    if not quote:
        return not_found(None)
    kept = [*session.get("favourites", []), {**quote, "why": request.form.get("why", "").strip()[:LONGEST_WHY]}]
    session["favourites"] = kept[-MOST_FAVOURITES:]
    return redirect(url_for("favourites"), 303)


@app.post("/favourites/remove")
def unlike():
    """One favourite less, counted from 1."""
    number = request.form.get("number", 0, type=int)
    session["favourites"] = [one for at, one in enumerate(session.get("favourites", []), 1) if at != number]
    return redirect(url_for("favourites"), 303)


@app.errorhandler(404)
def not_found(_error):
    """For an address that is not ours."""
    return render_template("problem.html", title="Not found", text="There is no such page."), 404


@app.errorhandler(quotes.NoQuotes)
def no_quotes(error):
    """For a moment without the other app: say so, keep nothing, recover by ourselves."""
    app.logger.warning("no quotes: %s", error)
    return render_template("problem.html", title="No quotes", text="They are not to be had right now."), 503
