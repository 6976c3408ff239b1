"""The release phase: the `release` process type, run in a dyno of its own before any other dyno follows a release."""

from minipaas.control.buildstream import BuildStream, BuildStreams
from minipaas.control.config import RELEASE_TYPE
from minipaas.errors import MinipaasError
from minipaas.formation.kit import Run
from minipaas.formation.manager import DynoManager
from minipaas.limits import RELEASE_PHASE_S
from minipaas.model.release import Release, Slug
from minipaas.runtime.base import Output

#: The process type that app.json's `scripts.postdeploy` runs as.
POSTDEPLOY_TYPE = "postdeploy"


class Phase:
    """One app's release commands, and what those of this platform printed."""

    def __init__(self, dynos: DynoManager) -> None:
        self._dynos = dynos
        self._streams = BuildStreams()

    @staticmethod
    def needed(slug: Slug | None) -> bool:
        """Whether a release of that slug has to wait for a command."""
        return slug is not None and RELEASE_TYPE in slug.process_types

    def announce(self, release: Release) -> None:
        """Who asks for the output from now on can wait for it."""
        self._streams.open(release.id)

    def stream(self, release: Release) -> BuildStream | None:
        """What the release's command printed; None when it has none, or when that is not kept any more."""
        return self._streams.find(release.id)

    async def run(self, slug: Slug, release: Release, copy: Output) -> int:
        """Run the release command, an hour at most; its exit status.

        Raises:
            DynoProblem: it cannot be launched.
        """
        stream = self._streams.find(release.id) or self._streams.open(release.id)

        def both(data: bytes) -> None:
            stream.feed(data)
            copy(data)

        return await self._run(RELEASE_TYPE, slug.process_types[RELEASE_TYPE], run_of(slug, release), both)

    def end(self, release: Release, error: MinipaasError | None) -> None:
        """No more output; `error` is told at its end."""
        stream = self._streams.find(release.id)
        if stream is not None:
            stream.finish(error)

    async def postdeploy(self, script: str, slug: Slug, release: Release, copy: Output) -> int:
        """Run app.json's script once; its exit status. Raises as `run`."""
        return await self._run(POSTDEPLOY_TYPE, script, run_of(slug, release), copy)

    async def _run(self, type_: str, command: str, run: Run, copy: Output) -> int:
        from minipaas.formation.oneoff import Errand  # noqa: PLC0415  few apps have one

        errand = Errand(type=type_, command=command, told=command, limit_s=RELEASE_PHASE_S, abrupt=True)
        return (await self._dynos.one_offs.run(errand, run, copy)).status


def run_of(slug: Slug, release: Release) -> Run:
    """What a release means for its dynos."""
    return Run(version=release.version, slug=slug.root, commands=slug.process_types, config=release.config)
