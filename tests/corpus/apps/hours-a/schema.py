import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as db:
    db.execute("CREATE TABLE IF NOT EXISTS stint (id SERIAL PRIMARY KEY, person TEXT, task TEXT, hours NUMERIC)")
    db.execute("CREATE TABLE IF NOT EXISTS report (id UUID PRIMARY KEY, title TEXT, text TEXT)")
