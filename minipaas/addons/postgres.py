"""PostgreSQL: a cluster for each add-on, with one database and the role that owns it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import ClassVar

from minipaas.addons.base import ProcessServer
from minipaas.addons.files import copied
from minipaas.addons.pgwire import PgConnection, SqlError, literal
from minipaas.addons.process import Start
from minipaas.addons.search import PostgresPrograms, Programs
from minipaas.addons.template import ADMIN_FILE
from minipaas.errors import StoreProblem
from minipaas.runtime import proc

#: What makes a small server that leaves nothing on the machine when it is killed. `mmap` keeps shared memory in the
#: data folder instead of /dev/shm.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "16MB",
    "huge_pages": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "min_wal_size": "2MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "",
    "log_checkpoints": "off",
}
#: `synchronous_commit` stays on: without it a killed server loses what it has acknowledged.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
#: Since 18 there are I/O processes, which a small server does not need.
_SINCE_18 = {"io_method": "sync"}
#: What `pg:info` shows; each is one value.
_FACTS = {
    "PG Version": "SELECT current_setting('server_version')",
    "Connections": (
        "SELECT count(*) FILTER (WHERE datname = {name}) || '/' || current_setting('max_connections')"
        " FROM pg_stat_activity"
    ),
    "Data Size": "SELECT pg_size_pretty(pg_database_size({name}))",
}
_TABLES = "SELECT count(*) FROM pg_stat_user_tables"
#: How long a session that is to end may take, in ms.
_SESSION_END_MS = 5000


class PostgresServer(ProcessServer):
    """One server an add-on."""

    ready_words: ClassVar[bytes] = b"database system is ready to accept connections"
    stop_signal: ClassVar[int] = signal.SIGINT  # "fast": ends the sessions, does not wait for them

    @property
    def url(self) -> str:
        """`postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`, with Heroku's scheme."""
        known = self.record
        return f"postgres://{known.user}:{known.password}@127.0.0.1:{known.port}/{known.database}"

    @classmethod
    def look_for(cls, programs: Programs) -> None:
        """Any version."""
        programs.postgres()

    async def facts(self) -> Mapping[str, str]:
        """As Heroku's `pg:info` names them."""
        name = literal(self.record.database)
        async with self._admin() as admin:
            found = {title: await admin.run(question.format(name=name)) for title, question in _FACTS.items()}
        async with self._admin(self.record.database) as admin:
            found["Tables"] = await admin.run(_TABLES)
        return {title: rows[0][0] or "" for title, rows in found.items()}

    async def reset(self) -> None:
        """Make the database anew; its sessions are ended."""
        async with self._admin() as admin:
            await admin.run(self._drop(), *self._create())

    async def snapshot(self) -> None:
        """Copy the database. Its sessions are ended, and none begins meanwhile."""
        name, copy = self.record.database, self._copy
        async with self._admin() as admin:
            await admin.run(f"DROP DATABASE IF EXISTS {copy}", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            try:
                await admin.run(
                    f"SELECT pg_terminate_backend(pid, {_SESSION_END_MS}) FROM pg_stat_activity"
                    f" WHERE datname = {literal(name)}",
                    f"CREATE DATABASE {copy} TEMPLATE {name} OWNER {self.record.user}",
                )
            finally:
                await admin.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    async def restore(self) -> None:
        """Make the database anew from the copy; its sessions are ended."""
        async with self._admin() as admin:
            if not await admin.run(f"SELECT 1 FROM pg_database WHERE datname = {literal(self._copy)}"):
                raise StoreProblem(f"cannot restore the add-on {self.addon.name}: there is no snapshot of it")
            await admin.run(self._drop(), *self._create(self._copy))

    @property
    def _copy(self) -> str:
        return f"{self.record.database}_snapshot"

    def _drop(self) -> str:
        return f"DROP DATABASE IF EXISTS {self.record.database} WITH (FORCE)"

    def _create(self, template: str = "template1") -> tuple[str, ...]:
        name, owner = self.record.database, self.record.user
        return (
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}",
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        )

    async def _prepared(self) -> Start:
        programs = await asyncio.to_thread(self._shared.programs.postgres, _major_of(self.data))
        if not self.data.is_dir():
            template = await self._shared.templates.get(programs, self._shared.cover, self._mark)
            await copied(template, self.data)
        _forget_stale_pid(self.data / "postmaster.pid")
        return Start(
            words=(str(programs.postgres), "-D", str(self.data), *self._settings(programs)),
            cover=self._shared.cover,
            cwd=self.data,
            mark=self._mark,
            output=self._hear,
        )

    def _settings(self, programs: PostgresPrograms) -> tuple[str, ...]:
        settings = {
            **_SETTINGS,
            **({} if self._shared.durable else _NOT_DURABLE),
            **(_SINCE_18 if programs.major >= 18 else {}),
            "port": str(self.port),
        }
        return tuple(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))

    async def _ask(self) -> None:
        try:
            session = await self._log_in()
            try:
                await self._provide(session)
            finally:
                await session.close()
        except SqlError as error:
            raise StoreProblem(f"cannot set up the add-on {self.addon.name}: {error}") from error

    async def _provide(self, admin: PgConnection) -> None:
        """Role and database, unless a start before this one made them."""
        user, name = self.record.user, self.record.database
        if await admin.run(f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}"):
            return
        if not await admin.run(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(user)}"):
            await admin.run(f"CREATE ROLE {user} LOGIN PASSWORD {literal(self.record.password)}")
        await admin.run(*self._create())

    async def _log_in(self, database: str = "postgres") -> PgConnection:
        password = (self.data / ADMIN_FILE).read_text()
        return await PgConnection.open(self.port, "postgres", password, database)

    @asynccontextmanager
    async def _admin(self, database: str = "postgres") -> AsyncIterator[PgConnection]:
        try:
            session = await self._log_in(database)
            try:
                yield session
            finally:
                await session.close()
        except (SqlError, OSError) as error:
            raise StoreProblem(f"cannot reach the add-on {self.addon.name}: {error}") from error


def _major_of(data: Path) -> int | None:
    """Which PostgreSQL made the data; None when there is none yet."""
    with suppress(OSError, ValueError):
        return int((data / "PG_VERSION").read_text())
    return None


def _forget_stale_pid(file: Path) -> None:
    """A killed server's file stops the next one when its number has been given to a stranger."""
    with suppress(OSError, ValueError, IndexError):
        if "postgres" not in proc.command_of(int(file.read_text().split()[0])):
            file.unlink()
