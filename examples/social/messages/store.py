"""Messages in Postgres. Run as a program, at every release, it makes the table."""

import os

import psycopg
from psycopg.rows import dict_row

SHOWN = 50
COLUMNS = "id, author, text"
TABLE = """
CREATE TABLE IF NOT EXISTS messages (
    id bigserial PRIMARY KEY,
    author text NOT NULL,
    text text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    spread boolean NOT NULL DEFAULT false
)
"""


def add(author: str, text: str) -> dict:
    """One more message."""
    return _rows(f"INSERT INTO messages (author, text) VALUES (%s, %s) RETURNING {COLUMNS}", author, text)[0]


def newest(author: str = "") -> list[dict]:
    """The newest first, of one author or of all."""
    return _rows(
        f"SELECT {COLUMNS} FROM messages WHERE %s IN ('', author) ORDER BY id DESC LIMIT {SHOWN}", author
    )


def get(number: int) -> dict | None:
    """One message."""
    return next(iter(_rows(f"SELECT {COLUMNS} FROM messages WHERE id = %s", number)), None)


def mark_spread(number: int) -> None:
    """The worker has done its part."""
    _rows("UPDATE messages SET spread = true WHERE id = %s RETURNING id", number)


def not_spread() -> list[int]:
    """Those whose job is lost: it was never queued, or its worker died over it."""
    late = "SELECT id FROM messages WHERE NOT spread AND at < now() - interval '5 seconds' ORDER BY id LIMIT 20"
    return [row["id"] for row in _rows(late)]


def _rows(sql: str, *values: object) -> list[dict]:
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5, row_factory=dict_row) as database:
        return database.execute(sql, values).fetchall()


if __name__ == "__main__":
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute(TABLE)
    print("the table messages is there")
