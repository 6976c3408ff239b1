import os

import psycopg


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"])


def prepare():
    with connect() as db:
        db.execute("SELECT pg_advisory_xact_lock(1855)")
        db.execute("CREATE TABLE IF NOT EXISTS bottle (id SERIAL PRIMARY KEY, label TEXT, year INTEGER, brought_by TEXT)")


def bottles():
    with connect() as db:
        return db.execute("SELECT label, year, brought_by FROM bottle ORDER BY year, id").fetchall()


def lay_down(label, year, who):
    with connect() as db:
        db.execute("INSERT INTO bottle (label, year, brought_by) VALUES (%s, %s, %s)", (label, year, who))
