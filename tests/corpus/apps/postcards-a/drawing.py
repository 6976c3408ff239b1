"""Draws cards: three seconds each."""
import json
import os
import time

import redis

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def draw(text):
    card = json.loads(text)
    time.sleep(3)
    store.hset("cards", card["id"], f"( {card['greeting']} ) to {card['to']}")


def main():
    while store.lmove("drawing", "to draw", "RIGHT", "LEFT"):
        pass
    while True:
        text = store.blmove("to draw", "drawing", 5, "RIGHT", "LEFT")
        if text:
            draw(text)
            store.lrem("drawing", 0, text)


if __name__ == "__main__":
    main()
