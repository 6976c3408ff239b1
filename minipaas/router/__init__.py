"""The HTTP router: from a client's bytes to a web dyno and back, with Heroku's codes and log line."""
