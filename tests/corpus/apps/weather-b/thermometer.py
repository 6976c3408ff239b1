"""Reads the thermometer (this one makes the figures up) into Redis."""
import os
import random
import signal
import time

import redis

signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
store = redis.from_url(os.environ["REDIS_URL"])
while True:
    store.set("degrees", round(random.uniform(-5, 30), 1), ex=60)
    time.sleep(5)
