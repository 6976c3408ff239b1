"""From an app's folder to a slug: the story of a build.

source -> buildpacks -> (key known? the slug is here already) -> BUILD_DIR -> compile -> process types -> slug
"""

import hashlib
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.build.detect import Finder, Plan
from minipaas.build.source import Reading, Source, read_procfile, read_source
from minipaas.build.userland import stack_on
from minipaas.build.words import saying, step, using
from minipaas.build.workplace import Workplaces
from minipaas.clock import Clock
from minipaas.errors import BuildFailed
from minipaas.frozen import frozen
from minipaas.limits import Limits
from minipaas.model.app import FileWarning
from minipaas.model.release import Slug
from minipaas.parse.procfile import misnamed
from minipaas.runtime.base import Host, Runtime
from minipaas.store.home import Home
from minipaas.store.slugs import Slugs

if TYPE_CHECKING:
    from minipaas.build.making import Making


@frozen(kw_only=True)
class BuildRequest:
    """What to build. `buildpacks` empty: find one. `force` builds although nothing changed."""

    app: str
    source: Path
    buildpacks: tuple[str, ...] = ()
    config: Mapping[str, str]
    force: bool = False


@frozen(kw_only=True)
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
        self._finder = Finder(shipped, home)
        self._host = host
        self._clock = clock
        self._places = Workplaces(home)

    async def build(
        self, request: BuildRequest, output: Callable[[bytes], None], reading: Reading | None = None
    ) -> BuildResult:
        """Make the slug, or find it made; what the build says goes to `output` as it comes.

        `reading` is the source where somebody has begun to read it.

        A slug found says nothing. Cancelling ends the build's processes and leaves nothing behind.

        Raises:
            UsageProblem: the folder or the name of a buildpack is wrong.
            FileProblem: the Procfile cannot be used.
            BuildFailed: a buildpack said no, its reasons are in the output.
            StoreProblem: no space left in the state folder.
            DynoProblem: the runtime cannot launch a build.
        """
        source = await (reading or read_source(request.source, self._home.root))
        read_procfile(request.source)
        plan = await self._finder.plan(request.buildpacks, request.source)
        if plan and not request.force and (slug := self._slugs.find(self._key(source.digest, plan, request))):
            return _result(slug, source, reused=True)
        return await self._make(request, source, output)

    async def sweep(self) -> int:
        """Clear what killed builds left; how many. Call before the first build."""
        return await self._places.sweep()

    def purge_cache(self, app: str) -> None:
        """Forget an app's CACHE_DIR (`heroku builds:cache:purge`)."""
        self._places.purge_cache(app)

    async def _make(self, request: BuildRequest, source: Source, output: Callable[[bytes], None]) -> BuildResult:
        say = saying(output)
        stack, machine = stack_on(self._runtime.capabilities().stack)
        say(step(f"Building on {machine} (as stack {stack})") + using(request.buildpacks))
        await self._finder.update(request.buildpacks, say)
        plan = await self._finder.plan(request.buildpacks, request.source)
        if plan is None:
            raise BuildFailed("cannot use a buildpack that was just fetched: its clone is gone")
        slug, copied = await self._making().make(request.app, request.config, source, plan, output)
        self._slugs.remember(self._key(copied, plan, request), slug.id)
        return _result(slug, source, reused=False)

    def _making(self) -> "Making":
        from minipaas.build.compile import Compiler  # noqa: PLC0415  not needed where nothing has changed
        from minipaas.build.making import Making  # noqa: PLC0415

        compiler = Compiler(
            runtime=self._runtime, host=self._host, clock=self._clock, timeout_s=self._limits.build_timeout_s
        )
        return Making(compiler, self._slugs, self._limits, self._places)

    def _key(self, source_digest: str, plan: Plan, request: BuildRequest) -> str:
        """All that a slug depends on."""
        image = self._runtime.capabilities().stack
        parts = [
            source_digest,
            "each" if plan.explicit else "first",
            *(f"{buildpack.name}={buildpack.digest}" for buildpack in plan.buildpacks),
            *(f"{name}={value}" for name, value in sorted(request.config.items())),
            *(self._runtime.name, platform.machine(), *stack_on(image), *((image,) if image else ())),
        ]
        return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _result(slug: Slug, source: Source, *, reused: bool) -> BuildResult:
    procfile = read_procfile(slug.root)
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
