"""Makes frames; three seconds each."""
import asyncio
import os

import psycopg


async def query(sql, *values):
    async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"]) as db:
        cursor = await db.execute(sql, values)
        return await cursor.fetchall() if cursor.description else []


async def make(number):
    await asyncio.sleep(3)
    await query("UPDATE frame SET state = 'ready' WHERE id = %s", number)
