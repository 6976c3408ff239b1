"""What the worker does."""


def shout(text):
    return text.upper() + "!"
