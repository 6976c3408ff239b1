"""Creates the tables; run once for every release."""
import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as db:
    db.execute("CREATE TABLE IF NOT EXISTS price (name TEXT PRIMARY KEY, cents INTEGER NOT NULL, unit TEXT NOT NULL)")
    db.execute("INSERT INTO price VALUES ('Leek', 95, 'piece'), ('Beans', 420, 'kg') ON CONFLICT DO NOTHING")
