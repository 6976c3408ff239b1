"""From an app's folder to a slug: the story of a build.

source -> buildpacks -> (key known? the slug is here already) -> BUILD_DIR -> compile -> process types -> slug
"""

import errno
import hashlib
import platform
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from minipaas.build.compile import Compiled, Compiler, Workplace, prepare
from minipaas.build.detect import Finder, Plan
from minipaas.build.environment import this_stack
from minipaas.build.fetch import Clones
from minipaas.build.released import merge, parse_release
from minipaas.build.source import Source, copy_source, read_source
from minipaas.build.unbroken import in_thread
from minipaas.build.words import problem, process_types, step, stored, using
from minipaas.clock import Clock
from minipaas.errors import BuildFailed, StoreProblem
from minipaas.limits import SLUG_BYTES, Limits
from minipaas.model.app import FileWarning, Procfile
from minipaas.model.release import Slug
from minipaas.parse.procfile import misnamed, parse_procfile
from minipaas.runtime.base import Host, Runtime
from minipaas.store.home import Home
from minipaas.store.slugs import SlugFacts, Slugs
from minipaas.store.tree import remove

_WORK = "work-"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What to build. `buildpacks` empty: find one. `force` builds although nothing changed."""

    app: str
    source: Path
    buildpacks: tuple[str, ...] = ()
    config: Mapping[str, str]
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """The slug. `version` is git's HEAD where nothing differs from it, else the source's digest; 8 hex digits."""

    slug: Slug
    version: str
    reused: bool
    buildpacks: tuple[str, ...]
    warnings: tuple[FileWarning, ...]


class Builder:
    """Builds apps, any number at a time; an app's builds best one after another, for its cache's sake."""

    def __init__(
        self,
        *,
        home: Home,
        runtime: Runtime,
        slugs: Slugs,
        limits: Limits,
        shipped: Path,
        host: Host,
        clock: Clock,
    ) -> None:
        self._home = home
        self._runtime = runtime
        self._slugs = slugs
        self._limits = limits
        self._finder = Finder(shipped, Clones(home))
        self._compiler = Compiler(runtime=runtime, host=host, clock=clock, timeout_s=limits.build_timeout_s)
        self._active: set[str] = set()

    async def build(self, request: BuildRequest, output: Callable[[bytes], None]) -> BuildResult:
        """Make the slug, or find it made; what the build says goes to `output` as it comes.

        A slug found says nothing. Cancelling ends the build's processes and leaves nothing behind.

        Raises:
            UsageProblem: the folder or the name of a buildpack is wrong.
            FileProblem: the Procfile cannot be used.
            BuildFailed: a buildpack said no, its reasons are in the output.
            StoreProblem: no space left in the state folder.
            DynoProblem: the runtime cannot launch a build.
        """
        source = await read_source(request.source, self._home.root)
        _read_procfile(request.source)
        plan = await self._finder.plan(request.buildpacks, request.source)
        if plan and not request.force and (slug := self._slugs.find(self._key(source.digest, plan, request))):
            return _result(slug, source, reused=True)
        return await self._make(request, source, output)

    async def sweep(self) -> int:
        """Clear what killed builds left; how many. Call before the first build."""
        stale = [path for path in self._home.builds.glob(f"{_WORK}*") if path.name not in self._active]
        # Taken before the first wait: a second sweep at the same time must not delete under our hands.
        self._active |= {path.name for path in stale}
        for path in stale:
            await self._clear(path)
        return len(stale)

    def purge_cache(self, app: str) -> None:
        """Forget an app's CACHE_DIR (`heroku builds:cache:purge`)."""
        remove(self._cache(app))

    async def _make(self, request: BuildRequest, source: Source, output: Callable[[bytes], None]) -> BuildResult:
        def say(text: str) -> None:
            output(text.encode(errors="surrogateescape"))

        stack, machine = this_stack()
        say(step(f"Building on {machine} (as stack {stack})") + using(request.buildpacks))
        await self._finder.update(request.buildpacks, say)
        plan = await self._finder.plan(request.buildpacks, request.source)
        if plan is None:
            raise BuildFailed("cannot use a buildpack that was just fetched: its clone is gone")
        async with self._workplace(request.app) as work:
            copied = await self._lay_out(work, source, plan, request)
            compiled = await self._compile(work, plan, source, request.app, output, say)
            slug = await self._keep(work, compiled, say)
            self._slugs.remember(self._key(copied, plan, request), slug.id)
        return _result(slug, source, reused=False)

    async def _lay_out(self, work: Workplace, source: Source, plan: Plan, request: BuildRequest) -> str:
        try:
            copied = await in_thread(copy_source, source, work.app)
            await in_thread(prepare, work, plan, request.config)
        except OSError as error:
            hint = "free some space in the state folder and try again" if error.errno == errno.ENOSPC else None
            raise StoreProblem(
                f"cannot lay out the build of {request.app}: {error.strerror} ({error.filename})", hint
            ) from error
        return copied

    async def _compile(
        self,
        work: Workplace,
        plan: Plan,
        source: Source,
        app: str,
        output: Callable[[bytes], None],
        say: Callable[[str], None],
    ) -> Compiled:
        compiled = await self._compiler.run(work, plan, source.head or source.digest, output)
        if compiled.failed is None or (plan.shipped_only and compiled.failed == "compile"):
            # Else it may be half written: a slower next build is better than one that trips on it.
            await in_thread(self._give_back_cache, work, app)
        if compiled.failed is None:
            return compiled
        raise self._failure(compiled, app, say)

    def _failure(self, compiled: Compiled, app: str, say: Callable[[str], None]) -> BuildFailed:
        name = compiled.language or "the app"
        if compiled.failed == "timeout":
            minutes = self._limits.build_timeout_s / 60
            say("\n" + problem(f"Timed out compiling {name} ({minutes:g} minutes)") + "\n" + problem("Push failed"))
            return BuildFailed(f"cannot build {app}: no end after {minutes:g} minutes")
        if compiled.failed == "killed":
            say("\n" + problem("The build was killed") + "\n" + problem("Push failed"))
            return BuildFailed(f"cannot build {app}: its processes were killed, perhaps for want of memory")
        if compiled.failed == "detect":
            return BuildFailed(f"cannot build {app}: no buildpack fits it")
        whose = f"the {compiled.language} buildpack's" if compiled.language else "a buildpack's"
        return BuildFailed(f"cannot build {app}: {whose} bin/{compiled.failed} failed")

    async def _keep(self, work: Workplace, compiled: Compiled, say: Callable[[str], None]) -> Slug:
        procfile = _read_procfile(work.app)
        released = parse_release(compiled.release, compiled.buildpacks[-1])
        types, added = merge(procfile.types, released.process_types)
        say(process_types(procfile.types, added))
        facts = SlugFacts(
            process_types=types,
            default_types=added,
            buildpack=", ".join(compiled.buildpacks),
            addons=released.addons,
        )
        slug = await in_thread(self._slugs.store, work.app, facts)
        say(stored(slug.size_bytes))
        if slug.size_bytes > SLUG_BYTES:
            say(problem("Heroku refuses a slug of more than 500M after compression; this is its size before"))
        return slug

    def _key(self, source_digest: str, plan: Plan, request: BuildRequest) -> str:
        """All that a slug depends on."""
        parts = [
            source_digest,
            "each" if plan.explicit else "first",
            *(f"{buildpack.name}={buildpack.digest}" for buildpack in plan.buildpacks),
            *(f"{name}={value}" for name, value in sorted(request.config.items())),
            *(self._runtime.name, platform.machine(), *this_stack()),
        ]
        return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()

    @asynccontextmanager
    async def _workplace(self, app: str) -> AsyncIterator[Workplace]:
        await self.sweep()
        tag = secrets.token_hex(8)
        work = Workplace(self._home.builds / f"{_WORK}{tag}", tag)
        self._active.add(work.root.name)
        try:
            self._take_cache(work, app)
            yield work
        finally:
            await self._clear(work.root)

    async def _clear(self, root: Path) -> None:
        """Delete a work folder; one that cannot be deleted now is the next sweep's, and no build's failure."""
        with suppress(OSError):
            await in_thread(remove, root)
        self._active.discard(root.name)

    def _take_cache(self, work: Workplace, app: str) -> None:
        """The build has the cache for itself; killed, it takes it along."""
        try:
            work.app.mkdir(parents=True)
            if self._cache(app).is_dir():
                self._cache(app).rename(work.cache)
            else:
                work.cache.mkdir()
        except OSError as error:
            raise StoreProblem(f"cannot make room for a build in {self._home.builds}: {error.strerror}") from error

    def _give_back_cache(self, work: Workplace, app: str) -> None:
        remove(self._cache(app))
        self._cache(app).parent.mkdir(parents=True, exist_ok=True)
        work.cache.rename(self._cache(app))

    def _cache(self, app: str) -> Path:
        return self._home.caches / app


def _read_procfile(folder: Path) -> Procfile:
    try:
        text = (folder / "Procfile").read_bytes().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return Procfile({})
    except OSError as error:
        raise BuildFailed(f"cannot read {folder / 'Procfile'}: {error.strerror}") from error
    return parse_procfile(text, "Procfile")


def _result(slug: Slug, source: Source, *, reused: bool) -> BuildResult:
    procfile = _read_procfile(slug.root)
    warnings = [*source.warnings, *procfile.warnings, *_doubts(slug, source)]
    return BuildResult(
        slug=slug,
        version=source.version,
        reused=reused,
        buildpacks=tuple(slug.buildpack.split(", ")),
        warnings=tuple(warnings),
    )


def _doubts(slug: Slug, source: Source) -> list[FileWarning]:
    found = []
    top = {entry.path: entry for entry in source.entries if "/" not in entry.path or entry.path.startswith("bin/")}
    meant = misnamed(top)
    if meant is not None:
        found.append(FileWarning(meant, None, "not read: the file must be called `Procfile`"))
    if not slug.process_types:
        found.append(FileWarning("Procfile", None, "no process types, so nothing will run; the router answers H14"))
    scripts = [top[name] for name in ("bin/detect", "bin/compile") if name in top]
    if len(scripts) == 2 and not all(entry.mode & 0o111 for entry in scripts):
        found.append(FileWarning("bin/detect", None, "not executable, so the app is not used as its own buildpack"))
    return found
