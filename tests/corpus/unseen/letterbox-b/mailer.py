import os, signal, sys, time
import redis
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))
for job in r.lrange("doing", 0, -1):
    r.lmove("doing", "todo", "LEFT", "RIGHT")
while True:
    job = r.blmove("todo", "doing", 1, "LEFT", "RIGHT")
    if job:
        time.sleep(2)
        with r.pipeline() as p:
            p.lpush("sent", job).lrem("doing", 1, job).execute()
