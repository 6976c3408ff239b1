"""Makes the frames that are on the list; a number leaves the list last."""
import asyncio
import os

import redis.asyncio as redis

from workshop import make


async def main():
    store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    while await store.lmove("frames:making", "frames:asked", "RIGHT", "LEFT"):
        pass
    while True:
        number = await store.blmove("frames:asked", "frames:making", 5, "RIGHT", "LEFT")
        if number:
            await make(int(number))
            await store.lrem("frames:making", 0, number)


asyncio.run(main())
