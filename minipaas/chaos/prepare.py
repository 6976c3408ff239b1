"""From an app's folder to a specimen: its files read, its slug built, its config composed."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from minipaas.build.builder import Builder, BuildRequest
from minipaas.build.detect import shipped_folder
from minipaas.chaos.lab import Specimen
from minipaas.chaos.routes import SOURCES
from minipaas.chaos.site import Site
from minipaas.clock import Clock
from minipaas.control.config import compose_config
from minipaas.control.settings import AppSpec
from minipaas.limits import Limits
from minipaas.parse.manifest import AppFiles
from minipaas.store.slugs import Slugs

#: Of the source, this much is read for routes.
_SOURCE_FILES = 400
_SOURCE_BYTES = 400_000
_NOT_SOURCE = {"node_modules", ".git", "venv", ".venv", "dist", "build", "__pycache__", "vendor", "tests", "test"}


async def build(
    site: Site,
    spec: AppSpec,
    files: AppFiles,
    services: Mapping[str, str],
    clock: Clock,
    output: Callable[[bytes], None],
) -> Specimen:
    """Build the app, or take the slug that is there.

    Args:
        services: config vars of the backing services made for it.

    Raises:
        BuildFailed: a buildpack said no.
        FileProblem: app.json requires a config var that nobody sets.
    """
    builder = Builder(
        home=site.user,
        runtime=site.runtime,
        slugs=Slugs(site.user),
        limits=Limits(),
        shipped=shipped_folder(),
        host=site.hosts[0],
        clock=clock,
    )
    given = (files.dotenv, spec.env, services)
    # The services' addresses change from run to run, and are no reason to build again.
    stable = compose_config({}, files.app_json, (files.dotenv, spec.env, dict.fromkeys(services, "")), lambda _: "")
    buildpacks = spec.buildpacks or files.app_json.buildpacks
    request = BuildRequest(app=spec.name, source=spec.folder, buildpacks=buildpacks, config=stable)
    result = await builder.build(request, output)
    return Specimen(
        name=spec.name,
        release="v1",
        slug=result.slug.root,
        commands=result.slug.process_types,
        config=compose_config({}, files.app_json, given, lambda _: secrets.token_hex(32)),
    )


def source_texts(folder: Path) -> list[str]:
    """The app's own source, for routes."""
    return [path.read_text(errors="replace")[:_SOURCE_BYTES] for path in _sources(folder)]


def _sources(folder: Path) -> Iterator[Path]:
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix in SOURCES and path.is_file() and not _NOT_SOURCE & set(path.relative_to(folder).parts):
            count += 1
            if count > _SOURCE_FILES:
                return
            yield path
