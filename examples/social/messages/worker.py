"""Spreads new messages: into the search, and to everybody whose @name is in them.

A worker may die at any line. So a message is marked when all is done, and what stays unmarked is done again; doing
it twice does no harm, as the others keep a message under its number.
"""

import re
import signal
import threading
import time

import psycopg
import redis

import jobs
import neighbours
import store

SECONDS_BETWEEN_LOOKS = 5
MENTION = re.compile(r"@([a-z0-9]{2,20})")

stopping = threading.Event()


def work() -> None:
    """One job after another, until we are told to stop."""
    next_look = 0.0
    while not stopping.is_set():
        number = jobs.take(seconds=1)
        if number is not None:
            spread(number)
        if time.monotonic() > next_look:
            next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
            for number in store.not_spread():
                spread(number)


def spread(number: int) -> None:
    """Tell the other apps of one message."""
    message = store.get(number)
    if message is None:
        return
    neighbours.index(message)
    for name in sorted(set(MENTION.findall(message["text"].lower()))):
        neighbours.mention(name, message)
    store.mark_spread(number)
    print(f"message {number} is in the search", flush=True)


def main() -> None:
    """Go on when Redis, Postgres or another app is away for a while: its jobs are found later."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    print("waiting for jobs", flush=True)
    while not stopping.is_set():
        try:
            work()
        except (redis.RedisError, psycopg.Error, OSError) as error:
            print(f"trying again in a second: {error}", flush=True)
            stopping.wait(1)


if __name__ == "__main__":
    main()
