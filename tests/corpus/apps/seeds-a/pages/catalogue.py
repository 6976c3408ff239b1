"""Reads the catalogue, which `python -m pages.catalogue` has made."""
import sqlite3
from pathlib import Path

SEEDS = [("Radish", "Sow from March."), ("Carrot", "Thin out early."), ("Pea", "Needs a trellis."), ("Kale", "Stands the frost.")]


def seeds(path):
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
        return {number: (name, text) for number, name, text in db.execute("SELECT id, name, text FROM seed ORDER BY id")}


if __name__ == "__main__":
    target = Path(__file__).resolve().parent.parent / "catalogue.sqlite3"
    target.unlink(missing_ok=True)
    with sqlite3.connect(target) as db:
        db.execute("CREATE TABLE seed (id INTEGER PRIMARY KEY, name TEXT, text TEXT)")
        db.executemany("INSERT INTO seed (name, text) VALUES (?, ?)", SEEDS)
