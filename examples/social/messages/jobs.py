"""The queue between web and worker: numbers of messages, in a list of Redis."""

import os

from redis import Redis

QUEUE = "jobs"

redis = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=10, socket_connect_timeout=5)


def put(number: int) -> None:
    """At the end of the queue."""
    redis.lpush(QUEUE, number)


def take(seconds: int) -> int | None:
    """From the front of it; None when nothing came in that time."""
    taken = redis.brpop([QUEUE], seconds)
    return int(taken[1]) if taken else None
