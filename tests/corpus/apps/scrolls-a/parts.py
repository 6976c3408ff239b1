"""The parts of texts that are still coming in."""
import os
import pathlib
import tempfile

import redis

store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
FOLDER = pathlib.Path(tempfile.gettempdir()) / "scrolls"


def add(scroll, text):
    folder = FOLDER / scroll
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{len(list(folder.iterdir())):04}").write_text(text)


def of(scroll):
    folder = FOLDER / scroll
    return [path.read_text() for path in sorted(folder.iterdir())] if folder.exists() else []


def join(scroll):
    with tempfile.TemporaryFile("w+") as file:
        for part in of(scroll):
            file.write(part + "\n")
        file.seek(0)
        return file.read()
