"""One dyno on one host: the Runtime protocol and its implementations."""
