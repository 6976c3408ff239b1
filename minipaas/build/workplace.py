"""Where builds work: a folder for each, cleared afterwards, and the caches that go from one build to the next."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from minipaas.build.unbroken import in_thread
from minipaas.errors import StoreProblem
from minipaas.frozen import frozen
from minipaas.runtime.base import Bind
from minipaas.store.home import Home
from minipaas.store.tree import remove

_WORK = "work-"


@frozen
class Workplace:
    """The folders of one build, all under one root that goes away whole."""

    root: Path
    tag: str

    @property
    def app(self) -> Path:
        """BUILD_DIR, which becomes the slug."""
        return self.root / "app"

    @property
    def cache(self) -> Path:
        """CACHE_DIR while the build has it."""
        return self.root / "cache"

    @property
    def env(self) -> Path:
        """ENV_DIR."""
        return self.root / "env"

    @property
    def results(self) -> Path:
        """What the scripts' run tells us."""
        return self.root / "results"

    @property
    def buildpacks(self) -> Path:
        """Copies: a buildpack may write into its own folder (`export`)."""
        return self.root / "buildpacks"

    @property
    def settings(self) -> Path:
        """Package managers' files for HOME, and certificates."""
        return self.root / "settings"

    def binds(self) -> tuple[Bind, ...]:
        """Where a buildpack sees them: Heroku's own paths."""
        return (
            Bind(self.app, f"/tmp/build_{self.tag}", writable=True),
            Bind(self.cache, "/tmp/codon/tmp/cache", writable=True),
            Bind(self.env, f"/tmp/env_{self.tag}"),
            Bind(self.results, f"/tmp/results_{self.tag}", writable=True),
            Bind(self.buildpacks, "/tmp/codon/tmp/buildpacks", writable=True),
            Bind(self.settings, f"/tmp/settings_{self.tag}"),
        )


class Workplaces:
    """The work folders and caches of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._active: set[str] = set()

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

    @asynccontextmanager
    async def open(self, app: str) -> AsyncIterator[Workplace]:
        """A folder with the app's cache in it; deleted at the end.

        Raises:
            StoreProblem: it cannot be made.
        """
        await self.sweep()
        tag = os.urandom(8).hex()
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

    def give_back_cache(self, work: Workplace, app: str) -> None:
        """Keep the build's cache for the app's next one. Blocking.

        Raises:
            OSError: it cannot be moved.
        """
        remove(self._cache(app))
        self._cache(app).parent.mkdir(parents=True, exist_ok=True)
        work.cache.rename(self._cache(app))

    def _cache(self, app: str) -> Path:
        return self._home.caches / app
