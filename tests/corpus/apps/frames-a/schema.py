import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as db:
    db.execute("CREATE TABLE IF NOT EXISTS frame (id SERIAL PRIMARY KEY, name TEXT, wood TEXT, state TEXT DEFAULT 'in the making')")
