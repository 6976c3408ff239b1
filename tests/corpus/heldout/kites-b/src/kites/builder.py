import asyncio
import os

import redis.asyncio as redis

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


async def build(kite: str) -> None:
    await asyncio.sleep(2)
    await store.rpush("built", kite)


async def main() -> None:
    while await store.lmove("bench", "accepted", "RIGHT", "LEFT"):
        pass
    while True:
        kite = await store.blmove("accepted", "bench", 5, "LEFT", "RIGHT")
        if kite:
            await build(kite)
            await store.lrem("bench", 0, kite)


if __name__ == "__main__":
    asyncio.run(main())
