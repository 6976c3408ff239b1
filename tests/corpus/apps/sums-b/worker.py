"""Takes searches off the list; one is on the list of those in progress until it is done."""
from jobs import run, store

while store.lmove("progress", "waiting", "RIGHT", "LEFT"):
    pass
while True:
    job = store.blmove("waiting", "progress", 5, "RIGHT", "LEFT")
    if job:
        run(job)
        store.lrem("progress", 0, job)
