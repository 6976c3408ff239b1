"""Redis, or Valkey, which speaks the same."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

from minipaas.addons.base import ProcessServer
from minipaas.addons.process import Start
from minipaas.addons.resp import RedisConnection, RedisError
from minipaas.addons.search import Programs, RedisProgram
from minipaas.errors import StoreProblem

#: What `redis:info` shows, and where INFO has it.
_FACTS = {
    "Version": ("valkey_version", "redis_version"),
    "Connections": ("connected_clients",),
    "Memory": ("used_memory_human",),
    "Keys": ("keys",),
}
#: Keys asked for at a time.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """A key and its value as DUMP writes it. `ttl_ms` is 0 for one that does not expire."""

    database: int
    key: bytes
    ttl_ms: int
    value: bytes


class RedisServer(ProcessServer):
    """One server an add-on. Its append-only file keeps every write from the moment it is acknowledged."""

    ready_words: ClassVar[bytes] = b"Ready to accept connections"
    _kept: tuple[_Kept, ...] | None = None

    @property
    def url(self) -> str:
        """`redis://:PASSWORD@127.0.0.1:PORT`; Heroku's own is `rediss://`, with a certificate nobody can check."""
        return f"redis://:{self.record.password}@127.0.0.1:{self.port}"

    @classmethod
    def look_for(cls, programs: Programs) -> None:
        """Any version."""
        programs.redis()

    async def facts(self) -> Mapping[str, str]:
        """Of what INFO says, the part for people."""
        async with self._session() as session:
            told = await session.run("INFO")
            size = sum([await _keys(session, database) for database in await _databases(session)])
        text = told.decode(errors="replace") if isinstance(told, bytes) else ""
        said = dict(line.split(":", 1) for line in text.splitlines() if ":" in line) | {"keys": str(size)}
        return {title: next((said[name] for name in names if name in said), "") for title, names in _FACTS.items()}

    async def reset(self) -> None:
        """Delete every key of every database."""
        async with self._session() as session:
            await session.run("FLUSHALL", "SYNC")

    async def snapshot(self) -> None:
        """Remember every key, in the platform's memory."""
        kept: list[_Kept] = []
        async with self._session() as session:
            for database in await _databases(session):
                await session.run("SELECT", database)
                kept += await _dump(session, database)
        self._kept = tuple(kept)

    async def restore(self) -> None:
        """Delete every key and write back what was remembered, each with the time it had left then."""
        if self._kept is None:
            raise StoreProblem(f"cannot restore the add-on {self.addon.name}: there is no snapshot of it")
        async with self._session() as session:
            await session.run("FLUSHALL", "SYNC")
            for at in range(0, len(self._kept), _BATCH):
                batch = self._kept[at : at + _BATCH]
                for database in sorted({each.database for each in batch}):
                    commands = [("RESTORE", k.key, k.ttl_ms, k.value) for k in batch if k.database == database]
                    await session.run_all([("SELECT", database), *commands])

    async def _prepared(self) -> Start:
        self.data.mkdir(mode=0o700, exist_ok=True)
        program = await asyncio.to_thread(self._shared.programs.redis)
        return Start(
            words=(str(program.server), "-"),
            cover=self._shared.cover,
            cwd=self.data,
            mark=self._mark,
            stdin=self._settings(program).encode(),
            output=self._hear,
        )

    def _settings(self, program: RedisProgram) -> str:
        """Read from stdin, so that no list of processes shows the password."""
        sync = "everysec" if self._shared.durable else "no"
        lines = ("bind 127.0.0.1", "daemonize no", "dir ./", 'save ""', "appendonly yes", f"appendfsync {sync}")
        untitled = ("set-proc-title no",) if program.untitled else ()
        return "\n".join((*lines, *untitled, f"port {self.port}", f"requirepass {self.record.password}", ""))

    async def _ask(self) -> None:
        try:
            session = await RedisConnection.open(self.port, self.record.password)
        except RedisError as error:
            raise StoreProblem(f"cannot log in to the add-on {self.addon.name}: {error}") from error
        await session.close()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[RedisConnection]:
        try:
            session = await RedisConnection.open(self.port, self.record.password)
            try:
                yield session
            finally:
                await session.close()
        except (RedisError, OSError) as error:
            raise StoreProblem(f"cannot reach the add-on {self.addon.name}: {error}") from error


async def _databases(session: RedisConnection) -> list[int]:
    told = await session.run("INFO", "keyspace")
    lines = told.decode().splitlines() if isinstance(told, bytes) else []
    return [int(line[2:].partition(":")[0]) for line in lines if line.startswith("db")]


async def _keys(session: RedisConnection, database: int) -> int:
    await session.run("SELECT", database)
    size = await session.run("DBSIZE")
    return size if isinstance(size, int) else 0


async def _dump(session: RedisConnection, database: int) -> list[_Kept]:
    kept: list[_Kept] = []
    cursor = b"0"
    while True:
        told = await session.run("SCAN", cursor, "COUNT", _BATCH)
        assert isinstance(told, list)
        cursor, keys = told[0], told[1]  # type: ignore[assignment]
        assert isinstance(keys, list)
        values = await session.run_all([("DUMP", key) for key in keys if isinstance(key, bytes)])
        lives = await session.run_all([("PTTL", key) for key in keys if isinstance(key, bytes)])
        for key, value, ttl in zip(keys, values, lives, strict=True):
            if isinstance(key, bytes) and isinstance(value, bytes) and isinstance(ttl, int):
                kept.append(_Kept(database, key, max(ttl, 0), value))
        if cursor == b"0":
            # SCAN may name a key twice.
            return list({each.key: each for each in kept}.values())
