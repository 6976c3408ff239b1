import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as db:
    db.execute("SELECT pg_advisory_xact_lock(17)")
    db.execute("CREATE TABLE IF NOT EXISTS sighting (id SERIAL PRIMARY KEY, star TEXT, place TEXT)")
