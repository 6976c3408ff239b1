"""Reads the thermometer (this one makes the figures up) into Redis."""
import os
import random
import time

import redis

store = redis.from_url(os.environ["REDIS_URL"])
while True:
    store.set("degrees", round(random.uniform(-5, 30), 1), ex=60)
    time.sleep(5)
