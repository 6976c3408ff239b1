"""Searches and their results, in Redis."""
import json
import os
import uuid

import redis

import search

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def submit(name, numbers):
    job = uuid.uuid4().hex[:10]
    store.hset(f"job:{job}", mapping={"name": name, "numbers": json.dumps(numbers), "result": ""})
    store.lpush("jobs", job)
    run(job)
    store.lpush("done", job)
    return job


def run(job):
    record = store.hgetall(f"job:{job}")
    if not record["result"]:
        store.hset(f"job:{job}", "result", search.split(json.loads(record["numbers"])))
