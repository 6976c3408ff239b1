"""A deploy from its files to its dynos: read, build, release, run."""

import dataclasses
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from minipaas.build.builder import Builder, BuildRequest, BuildResult
from minipaas.build.source import Reading
from minipaas.control.addons import AppAddons, Provided, attachments, overruled
from minipaas.control.app import RunningApp
from minipaas.control.appfiles import names_all_types, read_files
from minipaas.control.config import check_types, compose_config, compose_formation, describe_change
from minipaas.control.settings import AppSpec
from minipaas.errors import BuildFailed, MinipaasError
from minipaas.model.app import FileWarning
from minipaas.model.release import Build, BuildStatus, Release, ReleaseStatus, Slug
from minipaas.parse.manifest import AppFiles

#: Gets the build's output as it comes.
Output = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """What came of it: the release that runs now, and whether it is a new one."""

    release: Release
    build: Build
    new: bool


async def deploy(
    app: RunningApp,
    spec: AppSpec,
    links: Mapping[str, str],
    services: tuple[Builder, AppAddons],
    output: Output,
    build_id: str,
    reading: Reading | None = None,
) -> Deploy:
    """Build `spec.folder` and run it as the app's next release; an unchanged app gets no new one.

    Args:
        links: config vars that name other apps' URLs.
        services: what makes slugs, and what makes add-ons.
        reading: the source, where somebody has begun to read it.

    Raises:
        FileProblem: one of the app's files is faulty.
        UsageProblem: the formation names a process type that the app has not.
        BuildFailed: no slug, or the release command failed; what ran before goes on running.
        StoreProblem: disk full, or an add-on's server does not start.
        Missing: no server is installed that can read what an add-on's earlier one wrote.
    """
    builder, addons = services
    files = read_files(spec)
    if files.procfile and names_all_types(spec, files):
        check_types(files.procfile, spec.formation)
    _tell(files.warnings, output)
    provided = await addons.provide(app.name, files.app_json.addons)
    given = (files.dotenv, spec.env, links)
    _tell((*provided.warnings, *overruled(given, provided.config)), output)
    config = compose_config(
        app.record.config, files.app_json, (*given, provided.config), lambda: secrets.token_hex(32)
    )
    app.save(dataclasses.replace(app.record, source=str(spec.folder)))
    make = partial(builder.build, output=output, reading=reading)
    result, build = await _build(app, spec, files, config, make, output, build_id)
    formation = compose_formation(result.slug, app.record.formation, files.app_json, spec.formation)
    before = app.record.current
    _attach(app, provided)
    release, new = await _release(app, result, config, output)
    app.run(result.slug, release, formation)
    return Deploy(release=release, build=build, new=new or release != before)


def _tell(warnings: Iterable[FileWarning | str], output: Output) -> None:
    for warning in warnings:
        output(f" !     {warning}\n".encode())


async def _build(
    app: RunningApp,
    spec: AppSpec,
    files: AppFiles,
    config: Mapping[str, str],
    make: Callable[[BuildRequest], Awaitable[BuildResult]],
    output: Output,
    build_id: str,
) -> tuple[BuildResult, Build]:
    now = app.kit.clock.now
    build = Build(id=build_id, app=app.name, status=BuildStatus.PENDING, created_at=now(), updated_at=now())
    app.begin_build(build)
    buildpacks = spec.buildpacks or files.app_json.buildpacks
    request = BuildRequest(app=app.name, source=spec.folder, buildpacks=buildpacks, config=config)
    app.say("Build started")
    try:
        result = await make(request)
    except BaseException:
        app.remember_build(dataclasses.replace(build, status=BuildStatus.FAILED, updated_at=now()))
        app.say("Build failed")
        raise
    _tell(result.warnings, output)
    build = dataclasses.replace(
        build,
        status=BuildStatus.SUCCEEDED,
        updated_at=now(),
        slug_id=result.slug.id,
        buildpacks=result.buildpacks,
        version=result.version,
        reused=result.reused,
    )
    app.remember_build(build)
    app.say("Build succeeded")
    return result, build


def _attach(app: RunningApp, provided: Provided) -> None:
    for description, config in attachments(app.name, app.record.config, provided.addons, provided.config):
        current = app.record.current
        release = app.add_release(description, current.slug_id if current else None, config)
        app.settle_release(release, ReleaseStatus.SUCCEEDED)


async def _release(
    app: RunningApp, result: BuildResult, config: Mapping[str, str], output: Output
) -> tuple[Release, bool]:
    current = app.record.current
    change = describe_change(app.record.config, config)
    if current and current.slug_id == result.slug.id and change is None:
        return current, False
    if change is not None:
        app.settle_release(
            app.add_release(change, current.slug_id if current else None, config), ReleaseStatus.SUCCEEDED
        )
        current = app.record.current
    if current and current.slug_id == result.slug.id:
        return current, True
    release = app.add_release(f"Deploy {result.version}", result.slug.id, config)
    await _release_phase(app, result.slug, release, output)
    return app.settle_release(release, ReleaseStatus.SUCCEEDED), True


async def _release_phase(app: RunningApp, slug: Slug, release: Release, output: Output) -> None:
    try:
        if "release" in slug.process_types:
            output(b"-----> Running release command...\n")
        status = await app.run_release_phase(slug, release)
    except (MinipaasError, OSError):
        app.settle_release(release, ReleaseStatus.FAILED)
        raise
    if status != 0:
        app.settle_release(release, ReleaseStatus.FAILED)
        goes_on = "; the release before it goes on running" if app.dynos.slots else ""
        raise BuildFailed(
            f"the release command of {app.name} exited with status {status}, v{release.version} is not released",
            f"`minipaas logs -a {app.name} -p release` shows what it said{goes_on}",
        )
