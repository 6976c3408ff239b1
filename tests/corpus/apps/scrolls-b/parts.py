"""The parts of texts that are still coming in."""
import os
import pathlib
import tempfile

import redis

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
FOLDER = pathlib.Path(tempfile.gettempdir()) / "scrolls"


def add(scroll, text):
    store.rpush(f"parts:{scroll}", text)
    store.expire(f"parts:{scroll}", 86400)


def of(scroll):
    return store.lrange(f"parts:{scroll}", 0, -1)


def join(scroll):
    with tempfile.TemporaryFile("w+") as file:
        for part in of(scroll):
            file.write(part + "\n")
        file.seek(0)
        return file.read()
