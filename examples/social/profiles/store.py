"""People in Postgres. Run as a program, at every release, it makes the tables."""

import os

import psycopg
from psycopg.rows import dict_row

SHOWN = 20
TABLES = """
CREATE TABLE IF NOT EXISTS people (
    name text PRIMARY KEY,
    password text NOT NULL,
    about text NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS mentions (
    name text NOT NULL REFERENCES people,
    message bigint NOT NULL,
    author text NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (name, message)
)
"""


def add(name: str, password: str) -> bool:
    """Whether the name was free; Postgres decides, as two dynos may be asked at once."""
    return bool(_rows("INSERT INTO people VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING name", name, password))


def password(name: str) -> str | None:
    """The hash of it."""
    return next((row["password"] for row in _rows("SELECT password FROM people WHERE name = %s", name)), None)


def person(name: str) -> dict | None:
    """Name, about and mentions, newest first."""
    found = _rows("SELECT name, about FROM people WHERE name = %s", name)
    mentions = "SELECT message, author, text FROM mentions WHERE name = %s ORDER BY message DESC LIMIT %s"
    return {**found[0], "mentions": _rows(mentions, name, SHOWN)} if found else None


def describe(name: str, about: str) -> bool:
    """Whether there is such a person."""
    return bool(_rows("UPDATE people SET about = %s WHERE name = %s RETURNING name", about, name))


def mention(name: str, message: int, author: str, text: str) -> None:
    """Keep it under the message's number, so that it can be told twice."""
    kept = "INSERT INTO mentions VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING name"
    _rows(kept, name, message, author, text)


def _rows(sql: str, *values: object) -> list[dict]:
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5, row_factory=dict_row) as database:
        return database.execute(sql, values).fetchall()


if __name__ == "__main__":
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute(TABLES)
    print("the tables people and mentions are there")
