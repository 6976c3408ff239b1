"""Words by their sorted letters."""
import time
from itertools import permutations

SEEDS = ("listen", "night", "save", "stale")
BREATH = 0.01
table = {}


def learn():
    for seed in SEEDS:
        for letters in permutations(seed):
            table.setdefault("".join(sorted(letters)), set()).add("".join(letters))
        time.sleep(BREATH)  # the dictionary's server does not like to be hurried


def anagrams(word):
    return sorted(table.get("".join(sorted(word.lower())), set()))[:12]
