"""The home folder: where everything that stays is, and the lock that one platform holds on it."""

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from minipaas.errors import PlatformRunning, StoreProblem
from minipaas.frozen import frozen


def default_root() -> Path:
    """`$MINIPAAS_HOME`, else the platform's user state folder."""
    given = os.environ.get("MINIPAAS_HOME")
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_state_path  # noqa: PLC0415  15 ms that most calls can save

    return user_state_path("minipaas", appauthor=False)


@frozen
class Home:
    """Paths under one root. Nothing is made before `prepare`; all of it may be deleted while no platform runs."""

    root: Path

    @property
    def platform_file(self) -> Path:
        """Who runs here: pid, control port, started_at (JSON)."""
        return self.root / "platform.json"

    @property
    def socket(self) -> Path:
        """The control API's Unix socket, mode 0600."""
        return self.root / "control.sock"

    @property
    def attach_socket(self) -> Path:
        """Where `minipaas run` meets its dyno, mode 0600."""
        return self.root / "attach.sock"

    @property
    def certificate(self) -> Path:
        """What a client of the platform's TLS trusts; see `certificate.py`."""
        return self.root / "tls.pem"

    @property
    def token_file(self) -> Path:
        """The bearer token of the control API on loopback, mode 0600."""
        return self.root / "token"

    @property
    def apps(self) -> Path:
        """One JSON file an app."""
        return self.root / "apps"

    @property
    def slugs(self) -> Path:
        """One folder a slug, named by its content."""
        return self.root / "slugs"

    @property
    def builds(self) -> Path:
        """Work folders and outputs of builds."""
        return self.root / "builds"

    @property
    def caches(self) -> Path:
        """CACHE_DIR of each app."""
        return self.root / "caches"

    @property
    def buildpacks(self) -> Path:
        """Clones of buildpacks given by git URL."""
        return self.root / "buildpacks"

    @property
    def logs(self) -> Path:
        """The last lines of each app."""
        return self.root / "logs"

    @property
    def hosts(self) -> Path:
        """The disk areas of the hosts; empty when nothing runs."""
        return self.root / "hosts"

    @property
    def addons(self) -> Path:
        """One folder an app, with its add-ons' records and data."""
        return self.root / "addons"

    @property
    def chaos(self) -> Path:
        """The journals of the last runs of chaos."""
        return self.root / "chaos"

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            StoreProblem: the root cannot be made or written.
        """
        try:
            for folder in (self.root, self.apps, self.slugs, self.builds, self.caches, self.logs, self.hosts):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreProblem(
                f"cannot use the state folder {self.root}: {error.strerror}",
                "set MINIPAAS_HOME to a folder you can write to",
            ) from error

    def token(self) -> str:
        """The bearer token, made at the first call."""
        with suppress(FileNotFoundError):
            return self.token_file.read_text().strip()
        import secrets  # noqa: PLC0415  once in a home's life

        token = secrets.token_hex(16)
        write_atomic(self.token_file, token + "\n")
        return token


def write_atomic(path: Path, text: str) -> None:
    """Write so that a reader, or a power cut, sees the old file or the new one; mode 0600.

    Raises:
        StoreProblem: no space left, or not permitted; the old file is untouched.
    """
    new = path.with_name(f".new-{os.urandom(8).hex()}")
    try:
        with open(new, "x", opener=_private) as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                new.replace(path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreProblem(
            f"cannot write {path}: {error.strerror}", "free some space in the state folder and try again"
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_json(path: Path) -> Mapping[str, Any] | None:
    """The object in a JSON file of ours; None when there is no file.

    Raises:
        StoreProblem: the file is not what we wrote.
    """
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreProblem(f"cannot read {path}: {error}", f"delete {path} to start without it") from error
    if not isinstance(value, dict):
        raise StoreProblem(f"cannot read {path}: not a JSON object", f"delete {path} to start without it")
    return value


class HomeLock:
    """Held by the one platform that runs on a home; the kernel lets go when that process ends, however it ends."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._fd: int | None = None
        #: Whether the one that held it before may have left something behind; known once it is taken.
        self.interrupted = True

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            PlatformRunning: another process has it; the message names its pid.
        """
        fd = os.open(self._home.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while not _locked(fd, fcntl.LOCK_EX):
            pid = self.holder()
            # None: it was only somebody who looked whether it is free.
            if pid is not None:
                os.close(fd)
                raise PlatformRunning(
                    f"a platform is already running on {self._home.root}{f' (pid {pid})' if pid else ''}",
                    "`minipaas down` stops it; MINIPAAS_HOME=FOLDER starts a second one beside it",
                )
        self.interrupted = os.fstat(fd).st_size > 0
        # On a full disk others are not told the pid, which is no reason to stop here.
        with suppress(OSError):
            os.truncate(fd, 0)
            os.write(fd, b"%d\n" % os.getpid())
        self._fd = fd

    def free(self) -> bool:
        """Whether nobody holds it."""
        return self.holder() is None

    def holder(self) -> int | None:
        """The pid of who holds it, 0 when that is not told (yet); None when nobody does."""
        try:
            fd = os.open(self._home.root / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return None if _locked(fd, fcntl.LOCK_SH) else int(os.read(fd, 20).strip() or 0)
        finally:
            os.close(fd)

    def tidy(self) -> None:
        """All that was begun while it was held has ended: who takes it next finds nothing to clear."""
        if self._fd is not None:
            os.truncate(self._fd, 0)

    def release(self) -> None:
        """Let go, and take away what told others where to find us."""
        if self._fd is None:
            return
        for path in (self._home.socket, self._home.platform_file):
            path.unlink(missing_ok=True)
        os.close(self._fd)
        self._fd = None


def _locked(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
