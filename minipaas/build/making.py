"""A slug made: source -> BUILD_DIR -> compile -> process types -> slug. Loaded when there is something to build."""

import errno
from collections.abc import Callable, Mapping

from minipaas.build.compile import Compiled, Compiler, prepare
from minipaas.build.detect import Plan
from minipaas.build.released import merge, parse_release
from minipaas.build.source import Source, copy_source, read_procfile
from minipaas.build.unbroken import in_thread
from minipaas.build.words import problem, process_types, saying, stored
from minipaas.build.workplace import Workplace, Workplaces
from minipaas.errors import BuildFailed, StoreProblem
from minipaas.limits import SLUG_BYTES, Limits
from minipaas.model.release import Slug
from minipaas.store.slugs import SlugFacts, Slugs


class Making:
    """Makes slugs, one call a slug."""

    def __init__(self, compiler: Compiler, slugs: Slugs, limits: Limits, places: Workplaces) -> None:
        self._compiler = compiler
        self._slugs = slugs
        self._limits = limits
        self._places = places

    async def make(
        self, app: str, config: Mapping[str, str], source: Source, plan: Plan, output: Callable[[bytes], None]
    ) -> tuple[Slug, str]:
        """The slug, and the digest of the source that really went into it. Raises as `Builder.build`."""
        async with self._places.open(app) as work:
            copied = await self._lay_out(app, config, source, plan, work)
            compiled = await self._compile(work, plan, source, app, output)
            return await self._keep(work, compiled, saying(output)), copied

    async def _lay_out(self, app: str, config: Mapping[str, str], source: Source, plan: Plan, work: Workplace) -> str:
        try:
            copied = await in_thread(copy_source, source, work.app)
            await in_thread(prepare, work, plan, config)
        except OSError as error:
            hint = "free some space in the state folder and try again" if error.errno == errno.ENOSPC else None
            raise StoreProblem(
                f"cannot lay out the build of {app}: {error.strerror} ({error.filename})", hint
            ) from error
        return copied

    async def _compile(
        self,
        work: Workplace,
        plan: Plan,
        source: Source,
        app: str,
        output: Callable[[bytes], None],
    ) -> Compiled:
        compiled = await self._compiler.run(work, plan, source.head or source.digest, output)
        if compiled.failed is None or (plan.shipped_only and compiled.failed == "compile"):
            # Else it may be half written: a slower next build is better than one that trips on it.
            await in_thread(self._places.give_back_cache, work, app)
        if compiled.failed is None:
            return compiled
        raise self._failure(compiled, app, saying(output))

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
        procfile = read_procfile(work.app)
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
