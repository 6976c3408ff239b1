"""One image for each slug: the stack's layers, which all share, and one layer with `/app` and the dyno's account.

It is made as `docker cp` and `docker commit` would: create, put, commit. Measured against a build with a Dockerfile
it takes three quarters of the time, and no builder runs.
"""

import asyncio
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.engine import Engine, cause_of, is_missing, told

if TYPE_CHECKING:
    from docker import APIClient

DEFAULT_STACK = "heroku/heroku:24"
#: Images of this name are made here and are in no registry.
OWN = "minipaas/"
REPOSITORY = f"{OWN}slug"
#: The user in a dyno, as on Heroku's images.
UID = 1000
#: Counts up when images are made in another way, so that no old one is taken.
_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Stack:
    """The image dynos run on, and the one builds run on."""

    run: str
    build: str


def stack_of(name: str = "") -> Stack:
    """The images of `--stack NAME`: `local` is what `minipaas stack build` made, all else an image's name."""
    if name == "local":
        name = f"{OWN}stack:local"
    name = name or DEFAULT_STACK
    return Stack(name, f"{name}-build" if ":" in name.rpartition("/")[2] else f"{name}:build")


class Images:
    """Makes slug images on one engine, each once, however many dynos ask for it at a time.

    Args:
        home: labels the containers that images are made in, for the sweep.
        uid: owns `/app` and runs the dyno.
        say: is told of what takes long.
    """

    def __init__(
        self,
        engine: Engine,
        home: str,
        run: str = "",
        uid: int = UID,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._engine = engine
        self._say = say
        self._labels = labels.container_labels("maker", home, run)
        self._uid = uid
        self._stacks: dict[str, str] = {}
        self._env: dict[str, tuple[str, ...]] = {}
        self._making: dict[str, asyncio.Task[str]] = {}

    async def stack(self, name: str, *, fetch: bool = True) -> str:
        """The id of a stack's image, pulled when the engine does not have it and `fetch` allows.

        Raises:
            RuntimeMissing: it is not there and cannot be pulled.
            DynoProblem: the engine failed.
        """
        if name not in self._stacks:
            found = await self._engine.call(f"look for the image {name}", lambda api: _find(api, name))
            if found is None:
                found = await self._fetch(name) if fetch else None
            if found is None:
                raise missing_stack(name, "the engine does not have the image")
            self._stacks[name] = found
        return self._stacks[name]

    async def _fetch(self, name: str) -> str | None:
        if name.startswith(OWN):
            return None
        self._say(f"Pulling the image {name}, once")
        try:
            return await self._engine.call_apart(f"pull {name}", lambda api: _pull(api, name))
        except DynoProblem as problem:
            cause = problem.message.partition(": ")[2]
            raise missing_stack(name, f"the engine does not have the image and cannot pull it: {cause}") from problem

    async def of(self, slug: Path | None, stack: str) -> str:
        """The id of the image with a slug's files in `/app`, or with an empty `/app`; made where it is not there.

        Raises:
            RuntimeMissing: the stack's image is missing.
            DynoProblem: the engine cannot make it (disk full), or the slug cannot be read.
        """
        base = await self.stack(stack)
        tag = hashlib.sha256("\0".join((_FORMAT, base, str(self._uid), _key(slug))).encode()).hexdigest()[:24]
        if tag not in self._making:
            self._making[tag] = asyncio.ensure_future(self._made(tag, base, slug))
            self._making[tag].add_done_callback(_heard)
        try:
            return await asyncio.shield(self._making[tag])
        except BaseException:
            task = self._making.get(tag)
            if task is not None and task.done():
                del self._making[tag]
            raise

    async def _made(self, tag: str, base: str, slug: Path | None) -> str:
        found = await self._engine.call("look for a slug's image", lambda api: _find(api, f"{REPOSITORY}:{tag}"))
        if found:
            return found
        return await self._engine.call("make a slug's image", lambda api: self._make(api, tag, base, slug))

    def _make(self, api: "APIClient", tag: str, base: str, slug: Path | None) -> str:
        made = api.create_container(base, entrypoint=["/bin/true"], labels=self._labels, user="0:0")["Id"]
        try:
            with tempfile.TemporaryFile() as archive:
                _pack(archive, slug, self._uid, _accounts(api, made, self._uid))
                archive.seek(0)
                api.put_archive(made, "/", archive)
            return str(api.commit(made, REPOSITORY, tag, pause=False, changes=self._changes(base, slug))["Id"])
        finally:
            api.remove_container(made, force=True)

    def _changes(self, base: str, slug: Path | None) -> list[str]:
        whose = {labels.HOME: "", labels.RUN: "", labels.DYNO: ""}  # anybody's
        marks = {labels.KIND: "slug", **whose, labels.SOURCE: str(slug or ""), labels.STACK: base}
        return [
            "WORKDIR /app",
            f"USER {self._uid}:{self._uid}",
            "ENTRYPOINT []",
            "CMD []",
            *(f"LABEL {name}={_quoted(value)}" for name, value in marks.items()),
        ]

    async def env_names(self, image: str) -> tuple[str, ...]:
        """The names that an image sets in the environment of its containers.

        Raises:
            DynoProblem: the engine failed, or the image is gone.
        """
        if image not in self._env:
            found = await self._engine.call("look at an image", lambda api: _inspect(api, image))
            self._env[image] = tuple(word.partition("=")[0] for word in found["Config"].get("Env") or ())
        return self._env[image]

    def forget(self) -> None:
        """Look again for everything: the engine was restarted, or somebody has removed images."""
        self._stacks.clear()
        self._making = {tag: task for tag, task in self._making.items() if not task.done()}

    async def prune(self) -> int:
        """Remove the images of slugs, and on stacks, that are no more; how many. One that a container uses stays."""
        return await self._engine.call("remove images of deleted slugs", _prune)


def missing_stack(name: str, cause: str) -> RuntimeMissing:
    """The error of a stack image that is not to be had."""
    return RuntimeMissing(
        f"cannot use the stack {name}: {cause}",
        "`minipaas stack build` makes one from this machine's package mirror, for `--stack local`",
    )


def _heard(making: "asyncio.Task[str]") -> None:
    """Where all who waited have given up, nobody is told of a failure."""
    if not making.cancelled():
        making.exception()


def _inspect(api: "APIClient", image: str) -> dict[str, Any]:
    return dict(api.inspect_image(image))  # type: ignore[no-untyped-call]


def _find(api: "APIClient", name: str) -> str | None:
    from docker.errors import APIError  # noqa: PLC0415  loaded by then

    try:
        return str(_inspect(api, name)["Id"])
    except APIError as error:
        if is_missing(error):
            return None
        raise


def _pull(api: "APIClient", name: str) -> str | None:
    repository, _, tag = name.rpartition(":")
    for news in api.pull(repository or name, tag=tag if repository else "latest", stream=True, decode=True):
        if "error" in news:
            raise told(f"pull {name}", OSError(cause_of(OSError(news["error"]))))
    return _find(api, name)


def _prune(api: "APIClient") -> int:
    from docker.errors import APIError  # noqa: PLC0415  loaded by then

    gone = 0
    for image in api.images(filters=labels.of_kind("slug")):
        marks = image.get("Labels") or {}
        source, stack = marks.get(labels.SOURCE, ""), marks.get(labels.STACK, "")
        if (source and not Path(source).is_dir()) or (stack and not _has_name(api, stack)):
            with suppress(APIError):  # a container is made of it, or another platform was quicker
                api.remove_image(image["Id"])
                gone += 1
    return gone


def _has_name(api: "APIClient", image: str) -> bool:
    from docker.errors import APIError  # noqa: PLC0415  loaded by then

    try:
        found = _inspect(api, image)
    except APIError as error:
        return not is_missing(error)
    return bool(found.get("RepoTags") or found.get("RepoDigests"))


def _key(slug: Path | None) -> str:
    """What tells a slug from others: its id, or for any other folder what `stat` says of each file."""
    if slug is None:
        return ""
    if (slug.parent / "slug.json").is_file():
        return slug.parent.name
    return "\0".join(_looks(slug))


def _looks(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted((*folders, *files)):
            path = os.path.join(place, name)  # noqa: PTH118  thousands of them
            kind = os.lstat(path)
            yield f"{path} {kind.st_mode} {kind.st_size} {kind.st_mtime_ns} {kind.st_ino}"


def _pack(archive: IO[bytes], slug: Path | None, uid: int, accounts: dict[str, bytes]) -> None:
    """`/app` as the dyno's own, and the accounts."""

    def owned(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        entry.uid = entry.gid = uid
        entry.uname = entry.gname = ""
        return entry if entry.isfile() or entry.isdir() or entry.issym() or entry.islnk() else None

    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        if slug is None:
            app = tarfile.TarInfo("app")
            app.type, app.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(owned(app) or app)
        else:
            tar.add(slug, "app", filter=owned)
        for name, data in accounts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, BytesIO(data))


def _accounts(api: "APIClient", container: str, uid: int) -> dict[str, bytes]:
    """The image's `passwd` and `group`, in which the dyno's number is called `dyno` and is at home in `/app`."""
    lines = {"etc/passwd": f"dyno:x:{uid}:{uid}::/app:/bin/bash", "etc/group": f"dyno:x:{uid}:"}
    return {name: with_dyno(_read(api, container, f"/{name}"), line, uid) for name, line in lines.items()}


def with_dyno(table: bytes, line: str, uid: int) -> bytes:
    """A table of accounts with this line in place of whoever had the number or the name."""
    kept = []
    for each in table.decode(errors="surrogateescape").splitlines():
        fields = each.split(":")
        if each and fields[0] != "dyno" and (len(fields) < 3 or fields[2] != str(uid)):
            kept.append(each)
    return "\n".join((*kept, line, "")).encode(errors="surrogateescape")


def _read(api: "APIClient", container: str, path: str) -> bytes:
    from docker.errors import APIError  # noqa: PLC0415  loaded by then

    try:
        stream, _ = api.get_archive(container, path)
    except APIError as error:
        if is_missing(error):
            return b""
        raise
    with tarfile.open(fileobj=BytesIO(b"".join(stream))) as tar:
        member = tar.next()
        file = tar.extractfile(member) if member is not None and member.isfile() else None
        return file.read() if file else b""


def _quoted(value: str) -> str:
    r"""A value in the words of a Dockerfile: `"`, `\` and `$` mean something there."""
    return '"' + "".join(f"\\{each}" if each in '"\\$' else each for each in value) + '"'
