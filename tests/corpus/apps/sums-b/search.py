"""Looks for the best split of numbers into two heaps."""
import random
import time

SECONDS = 7


def split(numbers):
    best, end = None, time.monotonic() + SECONDS
    while time.monotonic() < end:
        heap = [n for n in numbers if random.random() < 0.5]
        gap = abs(sum(numbers) - 2 * sum(heap))
        if best is None or gap < best:
            best = gap
    return f"two heaps that differ by {best}"
