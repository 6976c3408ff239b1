"""The router: from a client's request to a web dyno and back."""
