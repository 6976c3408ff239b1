import os
import pathlib

import redis

db = redis.from_url(os.environ["REDIS_URL"])
folder = pathlib.Path(__file__).parent / "static" / "pictures"


def save(badge, name, picture):
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / badge)
    db.hset("badges", badge, name)


def names():
    return {key.decode(): name.decode() for key, name in db.hgetall("badges").items()}


def picture(badge):
    path = folder / badge
    return path if path.exists() else None
