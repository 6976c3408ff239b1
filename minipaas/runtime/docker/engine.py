"""The one place that talks to a Docker engine: its SDK blocks, so every call goes to a thread of ours.

The SDK is imported with the first connection, for it takes as long to load as the rest of minipaas.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from minipaas.errors import DynoProblem, MinipaasError, RuntimeMissing

if TYPE_CHECKING:
    from docker import APIClient

T = TypeVar("T")

#: The first engine with all we ask for: Docker 20.10.
OLDEST_API = (1, 41)
DEFAULT_HOST = "unix:///var/run/docker.sock"
#: Calls at a time; an engine works most of them off one after another anyway.
_THREADS = 8
_CALL_TIMEOUT_S = 120
_CONNECT_TIMEOUT_S = 10.0
_FULL = "no space left on device"


class EngineDown(DynoProblem):
    """The engine does not answer: not running, or being restarted."""


class Engine:
    """A connection to the engine at `host` (DOCKER_HOST's syntax); `facts` is its own account of itself."""

    def __init__(self, host: str, api: "APIClient", facts: dict[str, Any], pool: ThreadPoolExecutor) -> None:
        self.host = host
        self.facts = facts
        self._api = api
        self._pool = pool

    @classmethod
    async def connect(cls, host: str = "") -> "Engine":
        """Connect and ask who is there. Without `host` DOCKER_HOST is taken, and without that the usual socket.

        Raises:
            RuntimeMissing: no engine answers, this user may not talk to it, or it is too old.
        """
        host = host or os.environ.get("DOCKER_HOST", "") or DEFAULT_HOST
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                api, facts = await _apart(lambda: _open(host))
        except BaseException as error:
            pool.shutdown(wait=False)
            raise _refusal(host, error) from error
        engine = cls(host, api, facts, pool)
        if engine.version < OLDEST_API:
            await engine.close()
            raise RuntimeMissing(
                f"cannot use the Docker engine at {host}: it speaks API {_dotted(engine.version)} only",
                f"Docker 20.10 (API {_dotted(OLDEST_API)}) is the oldest that will do",
            )
        return engine

    @property
    def version(self) -> tuple[int, ...]:
        """Of its API."""
        return tuple(int(part) for part in str(self.facts["ApiVersion"]).split("."))

    def answers(self) -> bool:
        """Whether somebody listens there now."""
        try:
            knock(self.host)
        except OSError:
            return False
        return True

    async def call(self, aim: str, act: "Callable[[APIClient], T]") -> T:
        """Do something with the SDK, in a thread; a caller that is cancelled does not stop it.

        Args:
            aim: `VERB OBJECT`, for the error.

        Raises:
            EngineDown: nobody answers.
            DynoProblem: the engine says no; the message has its reason.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self.now, act)
        except (OSError, _sdk_error()) as error:  # what requests raises are OSErrors
            raise told(aim, error) from error

    async def call_apart(self, aim: str, act: "Callable[[APIClient], T]") -> T:
        """As `call`, for what may take minutes: nobody waits for it where the caller is cancelled, Ctrl-C neither."""
        try:
            return await _apart(lambda: self.now(act))
        except (OSError, _sdk_error()) as error:
            raise told(aim, error) from error

    def soon(self, act: "Callable[[APIClient], object]") -> None:
        """Do it when a thread is free, and let it fail in silence: clearing up that a later sweep makes good."""

        def quietly() -> None:
            with suppress(OSError, _sdk_error()):
                self.now(act)

        self._pool.submit(quietly)

    def now(self, act: "Callable[[APIClient], T]") -> T:
        """Do it here and now, blocking the caller; what the SDK raises comes as it is."""
        knock(self.host)
        return act(self._api)

    async def close(self) -> None:
        """Finish what was asked for `soon`, and hang up."""
        await asyncio.to_thread(self._pool.shutdown)
        self._api.close()


async def _apart(act: Callable[[], T]) -> T:
    """In a thread that does not outlive the process: a pool's are waited for."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(cast("T", value))

    def run() -> None:
        value, failed = None, None
        try:
            value = act()
        except BaseException as error:
            failed = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, value, failed)

    threading.Thread(target=run, name="docker-apart", daemon=True).start()
    return await result


def _sdk_error() -> type[Exception]:
    from docker.errors import DockerException  # noqa: PLC0415  loaded by then

    return DockerException


def _open(host: str) -> "tuple[APIClient, dict[str, Any]]":
    from docker import APIClient  # noqa: PLC0415  see above
    from docker.utils import kwargs_from_env  # noqa: PLC0415

    knock(host)
    words = kwargs_from_env({**os.environ, "DOCKER_HOST": host})
    api = APIClient(**words, version="auto", timeout=_CALL_TIMEOUT_S)
    try:
        return api, {**api.info(), **api.version()}
    except BaseException:
        api.close()
        raise


def knock(host: str) -> None:
    """See that somebody listens, where that is a Unix socket: the SDK loses a descriptor with each refusal.

    Raises:
        OSError: nobody does, or not for this user.
    """
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(host.removeprefix("unix://"))


def told(aim: str, error: BaseException) -> DynoProblem:
    """What the SDK raised, for people."""
    cause = cause_of(error)
    if "Connection" in type(error).__name__ or isinstance(_root(error), (FileNotFoundError, ConnectionError)):
        return EngineDown(f"cannot {aim}: the Docker engine does not answer", "see whether it runs: `docker info`")
    if _FULL in cause:
        return DynoProblem(
            f"cannot {aim}: the Docker engine's disk is full", "`docker system df` shows what is on it"
        )
    return DynoProblem(f"cannot {aim}: {cause}")


def cause_of(error: BaseException) -> str:
    """The engine's own words, in one line."""
    said = getattr(error, "explanation", None) or str(error) or type(error).__name__
    if isinstance(said, bytes):
        said = said.decode(errors="replace")
    return " ".join(str(said).split()).removeprefix("Error response from daemon: ")


def is_missing(error: BaseException) -> bool:
    """Is it the engine's "no such container" or "no such image"?"""
    response = getattr(error, "response", None)
    return response is not None and response.status_code == 404


def _root(error: BaseException) -> BaseException:
    """The system's own error at the bottom: requests and urllib3 wrap it, as cause or as argument."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = [word for word in error.args if isinstance(word, BaseException)]
        deeper = error.__cause__ or error.__context__ or (inner[0] if inner else None)
        if isinstance(error, OSError) and isinstance(error.errno, int):
            return error
        if deeper is None:
            return error
        error = deeper
    return error


def _refusal(host: str, error: BaseException) -> BaseException:
    if isinstance(error, (asyncio.CancelledError, KeyboardInterrupt, MinipaasError)):
        return error
    if isinstance(error, ImportError):
        return RuntimeMissing("cannot use Docker: its Python SDK is not installed", "`pip install 'docker>=7.1'`")
    root = _root(error)
    if isinstance(root, PermissionError):
        return RuntimeMissing(
            f"cannot use the Docker engine at {host}: this user may not talk to it",
            "`sudo usermod -aG docker $USER` and log in again, or run as root",
        )
    if isinstance(root, (FileNotFoundError, ConnectionError)):
        return RuntimeMissing(
            f"cannot use the Docker engine at {host}: it is not running",
            "start it (`sudo systemctl start docker`), or set DOCKER_HOST to where it listens",
        )
    deaf = isinstance(error, TimeoutError) or isinstance(root, TimeoutError)
    cause = "it does not answer" if deaf else cause_of(root)
    return RuntimeMissing(f"cannot use the Docker engine at {host}: {cause}", "see whether it runs: `docker info`")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
