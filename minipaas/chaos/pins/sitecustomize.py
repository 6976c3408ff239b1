"""Every process that imports this draws the same random numbers, in the same order."""

import hashlib
import os

_state = {"count": 0}


def _urandom(size):
    drawn = b""
    while len(drawn) < size:
        _state["count"] += 1
        drawn += hashlib.sha256(b"minipaas %d" % _state["count"]).digest()
    return drawn[:size]


os.urandom = _urandom
if hasattr(os, "getrandom"):
    os.getrandom = lambda size, flags=0: _urandom(size)

import random  # noqa: E402  after os.urandom was replaced, which it takes over by name

random.seed(0)
