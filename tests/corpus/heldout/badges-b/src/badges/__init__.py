from flask import Flask

from .views import badges


def make():
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.register_blueprint(badges)
    return app
