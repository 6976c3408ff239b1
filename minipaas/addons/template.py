"""A PostgreSQL data folder as initdb makes it, made once and copied for each add-on: initdb takes a second."""

import asyncio
import errno
import hashlib
import secrets
import time
from contextlib import suppress
from pathlib import Path

from minipaas.addons.cover import Cover
from minipaas.addons.process import Start, spawn
from minipaas.addons.search import PostgresPrograms
from minipaas.runtime.reaper import remove_tree

#: In each data folder: the password of its superuser `postgres`, which no app is told.
ADMIN_FILE = "minipaas-admin"
_INITDB = ("-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--wal-segsize=1", "--lc-messages=C")
#: Heroku's databases know letters beyond ASCII, which a machine with no UTF-8 locale cannot give.
_LOCALES = ("C.UTF-8", "C")
_NO_LOCALE = "invalid locale"
#: What a platform that was killed while it ran initdb left is removed when older than this.
_STALE_S = 3600


class Templates:
    """Keeps them in one folder, by the version and program that made them. Several platforms may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turns: dict[str, asyncio.Lock] = {}

    async def get(self, programs: PostgresPrograms, cover: Cover, mark: str) -> Path:
        """The folder to copy.

        Raises:
            OSError: initdb failed; `strerror` has its last words.
        """
        made = self._folder / _key(programs)
        async with self._turns.setdefault(made.name, asyncio.Lock()):
            if not made.is_dir():
                await self._make(made, programs, cover, mark)
        return made

    async def _make(self, made: Path, programs: PostgresPrograms, cover: Cover, mark: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        work = self._folder / f"new-{secrets.token_hex(4)}"
        work.mkdir(mode=0o700)
        try:
            password = work / ADMIN_FILE
            password.touch(mode=0o600)
            password.write_text(secrets.token_hex(24))
            said = ""
            for locale in _LOCALES:
                status, said = await _initdb(work, programs, cover, mark, locale)
                if status == 0 or _NO_LOCALE not in said:
                    break
            if status:
                raise _initdb_problem(said)
            password.rename(work / "data" / ADMIN_FILE)
            with suppress(FileExistsError):
                (work / "data").rename(made)
        finally:
            remove_tree(str(work))

    def _sweep(self) -> None:
        for left in self._folder.glob("new-*"):
            with suppress(OSError):
                if left.stat().st_mtime < time.time() - _STALE_S:
                    remove_tree(str(left))


async def _initdb(work: Path, programs: PostgresPrograms, cover: Cover, mark: str, locale: str) -> tuple[int, str]:
    said: list[bytes] = []
    words = (str(programs.initdb), "-D", str(work / "data"), f"--pwfile={work / ADMIN_FILE}", f"--locale={locale}")
    process = await spawn(Start(words=(*words, *_INITDB), cover=cover, cwd=work, mark=mark, output=said.append))
    try:
        status = await process.wait()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return status, b"".join(said).decode(errors="replace")


def _initdb_problem(said: str) -> OSError:
    if "No space left" in said:
        return OSError(errno.ENOSPC, "No space left on device")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if "error" in line or "FATAL" in line or "ould not" in line] or lines[-1:]
    return OSError(errno.EIO, f"initdb failed: {told[0] if told else 'it said nothing'}")


def _key(programs: PostgresPrograms) -> str:
    made_by = f"{programs.initdb.resolve()} {programs.initdb.stat().st_mtime_ns}"
    return f"postgresql-{programs.major}-{hashlib.sha256(made_by.encode()).hexdigest()[:12]}"
