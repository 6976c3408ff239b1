"""A deploy from its files to its dynos: read, build, release, run."""

import asyncio
import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager

from minipaas.build.builder import Builder, BuildRequest, BuildResult
from minipaas.build.source import Reading, read_commit
from minipaas.control.addons import AppAddons, Provided, attachments, overruled
from minipaas.control.app import RunningApp
from minipaas.control.appfiles import names_all_types, read_files
from minipaas.control.config import (
    RELEASE_TYPE,
    check_types,
    compose_config,
    compose_formation,
    describe_change,
    outdone,
)
from minipaas.control.phase import POSTDEPLOY_TYPE
from minipaas.control.settings import AppSpec
from minipaas.frozen import frozen
from minipaas.model.app import FileWarning
from minipaas.model.release import Build, BuildStatus, Change, Release, ReleaseStatus, Slug
from minipaas.parse.manifest import AppFiles
from minipaas.runtime.base import Output

Config = Mapping[str, str]


@frozen(kw_only=True)
class Order:
    """What is to be deployed.

    `links` are config vars that name other apps' URLs; `reading` is the source, where somebody has begun to read it;
    `output` gets what the build says, `release_output` what the release command does. With `by_hand` an unchanged
    source is deployed too where a rollback took it away; else the rollback goes on running.
    """

    spec: AppSpec
    build_id: str
    output: Output
    links: Mapping[str, str]
    reading: Reading | None = None
    release_output: Output = lambda _data: None
    by_hand: bool = False


@frozen(kw_only=True)
class Services:
    """What a deploy uses: what makes slugs, what makes add-ons, and the app's turn, held while a release is made."""

    builder: Builder
    addons: AppAddons
    turn: Callable[[], AbstractAsyncContextManager[None]]


@frozen(kw_only=True)
class Deploy:
    """What came of it: the release that runs now, and whether it is a new one."""

    release: Release
    build: Build
    new: bool


async def deploy(app: RunningApp, order: Order, services: Services) -> Deploy:
    """Build the folder and run it as the app's next release; an unchanged app gets no new one.

    Raises:
        FileProblem: one of the app's files is faulty.
        UsageProblem: the formation names a process type that the app has not.
        BuildFailed: no slug; what ran before goes on running.
        ReleaseFailed: the release command failed; the same.
        StoreProblem: disk full, or an add-on's server does not start.
        Missing: no server is installed that can read what an add-on's earlier one wrote.
    """
    spec, output = order.spec, order.output
    files = read_files(spec)
    if files.procfile and names_all_types(spec, files):
        check_types(files.procfile, spec.formation)
    _tell(files.warnings, output)
    async with services.turn():
        provided = await services.addons.provide(app.name, files.app_json.addons)
    given = (files.dotenv, spec.env, order.links)
    _tell((*provided.warnings, *overruled(given, provided.config), *outdone(given, app.record)), output)
    composed, next_version = _Composed(files, given), app.record.next_version
    if not spec.commit:
        app.save(dataclasses.replace(app.record, source=str(spec.folder)))
    result, build = await _build(app, order, files, composed.over(app, provided), services.builder)
    async with services.turn():
        app.links = order.links
        if app.record.next_version != next_version:  # released while the build ran: config vars, an add-on
            provided = await services.addons.provide(app.name, files.app_json.addons)
        before = app.record.current
        _attach(app, provided)
        try:
            release = await _release(app, order, files, result, composed.over(app, provided))
        except BaseException:
            app.remember_build(build)
            raise
        if release.slug_id == build.slug_id and release != before:
            build = dataclasses.replace(build, release_id=release.id)
        await asyncio.sleep(0)  # the dynos are launched before the disk is waited for
        await app.remember_build_beside(build)
        await _postdeploy(app, order, files, release)
    return Deploy(release=release, build=build, new=release != before)


class _Composed:
    """The config vars of one deploy, which makes each secret once, however often they are composed."""

    def __init__(self, files: AppFiles, given: tuple[Mapping[str, str], ...]) -> None:
        self._files = files
        self._given = given
        self._secret = functools.cache(_new_secret)

    def over(self, app: RunningApp, provided: Provided) -> dict[str, str]:
        """Raises as `compose_config`."""
        record = app.record
        composed = compose_config(record.config, self._files.app_json, self._given, self._secret, record.held)
        return {**composed, **provided.config}


def _new_secret(_name: str) -> str:
    import secrets  # noqa: PLC0415  once in an app's life

    return secrets.token_hex(32)


def _tell(warnings: Iterable[FileWarning | str], output: Output) -> None:
    for warning in warnings:
        output(f" !     {warning}\n".encode())


async def _build(
    app: RunningApp, order: Order, files: AppFiles, config: Mapping[str, str], builder: Builder
) -> tuple[BuildResult, Build]:
    now, spec = app.kit.clock.now, order.spec
    build = app.pending_build(order.build_id)
    request = BuildRequest(
        app=app.name,
        source=spec.folder,
        buildpacks=spec.buildpacks or files.app_json.buildpacks,
        config=config,
    )
    app.say("Build started")
    try:
        result = await builder.build(request, order.output, order.reading or _as_pushed(spec))
    except BaseException:
        app.remember_build(dataclasses.replace(build, status=BuildStatus.FAILED, updated_at=now()))
        app.say("Build failed")
        raise
    _tell(result.warnings, order.output)
    build = dataclasses.replace(
        build,
        status=BuildStatus.SUCCEEDED,
        updated_at=now(),
        slug_id=result.slug.id,
        buildpacks=result.buildpacks,
        version=result.version,
        reused=result.reused,
        commit=spec.commit or None,
    )
    if not result.reused:
        app.remember_build(build)
    app.say("Build succeeded")
    return result, build


def _as_pushed(spec: AppSpec) -> Reading | None:
    return read_commit(spec.folder, spec.commit) if spec.commit else None


def _attach(app: RunningApp, provided: Provided) -> None:
    for description, config in attachments(app.name, app.record.config, provided.addons, provided.config):
        app.note_release(Change(description=description, config=config))


async def _release(app: RunningApp, order: Order, files: AppFiles, result: BuildResult, config: Config) -> Release:
    change = describe_change(app.record.config, config)
    current, slug = app.record.current, app.slug
    if current is None or slug is None or _brings_new_code(app, order, current, result.slug):
        if change is not None:
            app.note_release(Change(description=change, config=config))
        return await _new_code(app, order, files, result, config)
    formation = compose_formation(slug, app.record.formation, files.app_json, order.spec.formation)
    if change is not None:
        return await app.release(Change(description=change, config=config), formation, order.release_output)
    app.follow(slug, current, formation)
    return current


def _brings_new_code(app: RunningApp, order: Order, current: Release, slug: Slug) -> bool:
    """Whether a slug is more than what runs, or what a rollback took away; a push is always news."""
    if slug.id == current.slug_id:
        return order.by_hand and bool(order.spec.commit)
    last = app.record.deployed
    taken_back = last is not None and last.status is ReleaseStatus.SUCCEEDED and last.slug_id == slug.id
    if order.by_hand or last is None or not taken_back:
        return True
    goes_on = (
        f"v{current.version} ({current.description}) goes on running: the source is that of v{last.version} still"
    )
    _tell([f"{goes_on}; `minipaas rollback v{last.version}` runs it again"], order.output)
    return False


async def _new_code(app: RunningApp, order: Order, files: AppFiles, result: BuildResult, config: Config) -> Release:
    formation = compose_formation(result.slug, app.record.formation, files.app_json, order.spec.formation)
    if RELEASE_TYPE in result.slug.process_types:
        order.output(b"-----> Running release command...\n")
    deployed = Change(description=f"Deploy {result.version}", slug_id=result.slug.id, config=config)
    return await app.release(deployed, formation, order.release_output)


async def _postdeploy(app: RunningApp, order: Order, files: AppFiles, release: Release) -> None:
    """app.json's script, once in an app's life; what fails is tried again at the next deploy."""
    script, slug = files.app_json.scripts.get("postdeploy"), app.slug
    if script is None or slug is None or app.record.postdeployed:
        return
    order.output(b"-----> Running postdeploy script...\n")
    status = await app.phase.postdeploy(script, slug, release, order.release_output)
    if status == 0:
        app.save(dataclasses.replace(app.record, postdeployed=True))
        return
    seen = f"`minipaas logs -a {app.name} -p {POSTDEPLOY_TYPE}` shows what it said, the next deploy runs it again"
    _tell([f"the postdeploy script of app.json exited with status {status}; {seen}"], order.output)
