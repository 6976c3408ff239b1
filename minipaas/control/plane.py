"""The control plane: builds every service, joins them, and closes them in reverse order."""

import asyncio
import contextlib
import dataclasses
import getpass
import os
import random
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.build.builder import Builder
from minipaas.build.detect import shipped_folder
from minipaas.build.source import Reading
from minipaas.clock import SystemClock
from minipaas.control.addons import AppAddons
from minipaas.control.app import RunningApp
from minipaas.control.buildstream import BuildStreams
from minipaas.control.deploy import Deploy, Order, Services, deploy
from minipaas.control.feed import RequestFeed
from minipaas.control.hosts import Machines
from minipaas.control.ledger import Ledger
from minipaas.control.routed import Routed
from minipaas.control.settings import AppSpec, Settings
from minipaas.errors import MinipaasError, NotFound, PortTaken
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Tasks
from minipaas.logplex.logplex import Logplex
from minipaas.model.feature import RUNTIME_METRICS
from minipaas.model.logline import Source
from minipaas.model.record import AppRecord
from minipaas.model.release import Release, ReleaseStatus
from minipaas.router.router import Router
from minipaas.runtime.base import Capabilities, Output, Runtime
from minipaas.runtime.hosts import make_hosts
from minipaas.runtime.ports import Ports
from minipaas.runtime.portwatch import port_watch
from minipaas.store.apps import Apps
from minipaas.store.repositories import Repositories
from minipaas.store.slugs import Slugs

if TYPE_CHECKING:
    from minipaas.addons.provider import Addons
    from minipaas.control.drains import Drains
    from minipaas.model.request import RequestRecord
    from minipaas.router.recorder import Recorder

#: A first own port is looked for just above the router's; this many are tried.
OWN_PORTS_TRIED = 200
#: How long requests in flight may take when the platform stops.
CLOSE_GRACE_S = 5.0


class ControlPlane:
    """One running platform. Made by `lifetime.running`, which also takes it down."""

    def __init__(self, settings: Settings, runtime: Runtime, capabilities: Capabilities) -> None:
        self.settings = settings
        self.runtime = runtime
        self.capabilities = capabilities
        self.clock = SystemClock()
        self.rng = random.Random(settings.seed)
        self.apps: dict[str, RunningApp] = {}
        self.started_at = self.clock.now()
        self.user = f"{_user_name()}@localhost"
        self.cells = Cells(capabilities.hosts or make_hosts(settings.hosts, settings.home.hosts))
        #: What follows real machines, where dynos stand on some.
        self.cluster: Machines | None = None
        self.store = Apps(settings.home)
        self.slugs = Slugs(settings.home)
        self.repositories = Repositories(settings.home)
        self.logplex = Logplex(settings.home.logs, self.clock)
        self.addons = AppAddons(settings.home.addons, self._make_addons)
        self.tasks = Tasks(_told)
        self.port = 0
        self.stop_asked = asyncio.Event()
        self.force_asked = False
        self._closed = False
        self._drains: Drains | None = None
        self.recorder = _recorder(settings.record)
        self.feed = RequestFeed()
        self.router = Router(
            limits=settings.limits,
            clock=self.clock,
            on_records=self._log_requests,
            policy=settings.policy,
            rng=self.rng,
            keep=self.recorder.add if self.recorder else None,
        )
        self.builder = Builder(
            home=settings.home,
            runtime=runtime,
            slugs=self.slugs,
            limits=settings.limits,
            shipped=shipped_folder(),
            host=self.cells.hosts[0],
            clock=self.clock,
        )
        self._ports = Ports(self.rng)
        self._watch = port_watch(self.clock, remote=bool(capabilities.hosts))
        self._building: dict[str, asyncio.Lock] = {}
        self._releasing: dict[str, asyncio.Lock] = {}
        self.builds = BuildStreams()
        #: Called with each app that a command makes while the platform runs.
        self.on_created: Callable[[RunningApp], None] = lambda _app: None

    async def open(self) -> None:
        """Take the router's port; clients wait until `router.open`.

        Raises:
            PortTaken: the router's port is in use; the message names the holder where the system tells.
            UsageProblem: the file for a recording cannot be made.
        """
        if self.recorder is not None:
            self.recorder.open()
        try:
            self.port = await self.router.listen(self.settings.address, self.settings.port)
        except PortTaken as taken:
            from minipaas.control.holder import holder_of  # noqa: PLC0415  for a refusal only

            holder = holder_of(self.settings.port)
            by = f" by {holder}" if holder else ""
            raise PortTaken(
                f"cannot listen on {self.settings.address}:{self.settings.port}: the port is taken{by}",
                "`--port N` takes another, `--port 0` any free one",
            ) from taken

    async def app(self, name: str) -> RunningApp:
        """The app, made when it is new.

        Raises:
            StoreProblem: its record is damaged or cannot be written.
            PortTaken: no port is left for it.
        """
        known = self.apps.get(name)
        if known is not None:
            return known
        record = self.store.find(name)
        app = self._admit(record.interrupted() if record else self._new_record(name))
        if record is None:
            self.store.save(app.record)
            app.say("Initial release")
        elif app.record != record:
            self.store.save(app.record)
            cut = "The platform ended in the middle of a build or a release, which is marked as failed"
            app.channel.say(Source.APP, "api", cut)
        app.own_port = await self._own_port(name)
        return app

    def find(self, name: str) -> RunningApp:
        """An app that runs, by name or id.

        Raises:
            NotFound: there is none.
        """
        for app in self.apps.values():
            if name in (app.name, app.record.id):
                return app
        raise NotFound(f"there is no app {name}", f"apps: {', '.join(self.apps) or 'none'}")

    async def deploy(self, spec: AppSpec, output: Output, reading: Reading | None = None) -> Deploy:
        """Build and release one app, and keep what the build prints. Arguments and errors as `deploy.deploy`."""
        build_id = str(uuid.uuid4())
        stream = self.builds.open(build_id)

        def both(data: bytes) -> None:
            stream.feed(data)
            output(data)

        try:
            return await self._deploy(Order(spec=spec, build_id=build_id, output=both, reading=reading, links={}))
        finally:
            stream.finish(None)

    async def _deploy(self, order: Order) -> Deploy:
        """Builds of the same app wait for each other."""
        app = await self.app(order.spec.name)
        order = dataclasses.replace(order, links=await self._links(order.spec))
        app.pending_build(order.build_id)
        lock = self._building.setdefault(app.name, asyncio.Lock())
        if lock.locked():
            order.output(b" !     Another build of this app runs, this one waits for its end\n")
        services = Services(builder=self.builder, addons=self.addons, turn=lambda: self.turn(app.name))
        try:
            async with lock:
                return await deploy(app, order, services)
        finally:
            app.drop_pending_build(order.build_id)

    def building(self, app: str) -> bool:
        """Whether a build of the app runs."""
        return app in self._building and self._building[app].locked()

    async def forget(self, app: RunningApp) -> None:
        """Stop the app's dynos and delete what is remembered of it, last of all that there was such an app.

        Raises:
            StoreProblem: something cannot be deleted.
        """
        self.router.remove_app(app.name)
        self.apps.pop(app.name, None)
        app.idling.follow({})
        await app.dynos.shut_down()
        for drain in app.record.drains:
            self.drains.remove(app, drain.id)
        await asyncio.to_thread(self.repositories.delete, app.name)
        self.builder.purge_cache(app.name)
        self.logplex.forget(app.name)
        self.store.delete(app.name)

    async def mend(self, spec: AppSpec, output: Output) -> bool:
        """Build the app again where files of its slug are missing or cut; whether that was needed. As `deploy`."""
        app = self.apps[spec.name]
        slug = app.slug
        if slug is None or await asyncio.to_thread(self.slugs.whole, slug.id):
            return False
        app.channel.say(
            Source.HEROKU, "slug-compiler", "Error R17 (Checksum error) -> Slug is damaged, building it again"
        )
        output(b" !     The slug is damaged: files are missing or cut. Building it again\n")
        self.slugs.forget(slug.id)
        await self.deploy(spec, output)
        return True

    async def _links(self, spec: AppSpec) -> dict[str, str]:
        """The config vars that name the other apps which this one uses."""
        if not spec.uses:
            return {}
        from minipaas.model.platform_file import url_variable  # noqa: PLC0415  most apps use no other

        return {url_variable(used): self.own_url(await self.app(used)) for used in spec.uses}

    def turn(self, app: str) -> asyncio.Lock:
        """Held by what makes a release of the app, to its end: a build's must not lose what an add-on's sets."""
        return self._releasing.setdefault(app, asyncio.Lock())

    def begin_build(self, spec: AppSpec) -> str:
        """Deploy beside everything else; the build's id, under which `builds` has the output."""
        build_id = str(uuid.uuid4())
        stream = self.builds.open(build_id)

        order = Order(
            spec=spec, build_id=build_id, output=stream.feed, release_output=stream.feed, links={}, by_hand=True
        )

        async def work() -> None:
            try:
                await self._deploy(order)
            except MinipaasError as error:
                stream.finish(error)
            finally:
                stream.finish(None)

        self.tasks.start(work())
        return build_id

    @property
    def drains(self) -> "Drains":
        """Where logs are sent to; loaded with the first drain, for most apps have none."""
        if self._drains is None:
            from minipaas.control.drains import Drains  # noqa: PLC0415

            self._drains = Drains(self.clock, self.rng, self.tasks)
        return self._drains

    def web_url(self, app: RunningApp) -> str:
        """The app behind the shared router port, chosen by host name."""
        return f"http://{app.name}.localhost:{self.port}/"

    def own_url(self, app: RunningApp) -> str:
        """The app behind a port of its own: no name to resolve, which other apps and old tools cannot."""
        return f"http://{self.settings.address}:{app.own_port}/"

    async def settled(self, names: Sequence[str]) -> None:
        """Wait until none of these apps has a dyno that starts."""
        await asyncio.gather(*(self.apps[name].dynos.settled() for name in names))

    def kill(self) -> None:
        """SIGKILL to what `close` still waits for."""
        for app in self.apps.values():
            app.dynos.kill()

    async def close(self) -> None:
        """Let requests in flight end, stop every dyno, write what is to stay; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        routing = asyncio.ensure_future(self.router.close(CLOSE_GRACE_S))
        await asyncio.gather(*(app.dynos.shut_down() for app in self.apps.values()))
        await routing
        if self.recorder is not None:
            await self.recorder.close()
        if self._drains is not None:
            self.logplex.end()
            await self._drains.close()
        await self.tasks.cancel()
        await self.addons.close()
        await self.logplex.close()
        await self.runtime.close()

    def _new_record(self, name: str) -> AppRecord:
        now = self.clock.now()
        first = Release(
            id=str(uuid.uuid4()),
            version=1,
            description="Initial release",
            created_at=now,
            status=ReleaseStatus.SUCCEEDED,
        )
        return AppRecord(id=str(uuid.uuid4()), name=name, created_at=now, releases=(first,))

    def _admit(self, record: AppRecord) -> RunningApp:
        route = self.router.add_app(record.name)
        route.https = self.settings.https
        channel = self.logplex.channel(record.name)
        kit = Kit(
            app=record.name,
            runtime=self.runtime,
            limits=self.settings.limits,
            clock=self.clock,
            rng=self.rng,
            ports=self._ports,
            watch=self._watch,
            log=channel,
            route=Routed(route),
            tasks=self.tasks,
        )
        ledger = Ledger(record, self.store, self.slugs, self.clock, lambda: self.addons.standing(record.name))
        app = RunningApp(ledger, kit=kit, cells=self.cells, route=route, channel=channel, user=self.user)
        self.apps[record.name] = app
        if record.drains:
            self.drains.follow(app)
        if RUNTIME_METRICS.name in record.features:
            app.begin_runtime_metrics()
        return app

    async def _own_port(self, app: str) -> int:
        taken = {each.own_port for each in self.apps.values()}
        for port in range(self.port + 1, self.port + OWN_PORTS_TRIED):
            if port in taken:
                continue
            with contextlib.suppress(PortTaken):
                return await self.router.listen_app(app, self.settings.address, port)
        return await self.router.listen_app(app, self.settings.address, 0)

    def _make_addons(self) -> "Addons":
        from minipaas.addons.provider import Addons  # noqa: PLC0415  see AppAddons

        def log(app: str, process: str) -> Callable[[bytes], None]:
            return self.logplex.channel(app).stream(process)

        return Addons(self.settings.home.addons, self.clock, self.rng, log)

    def _log_requests(self, records: "Sequence[RequestRecord]") -> None:
        from minipaas.router.logline import lines  # noqa: PLC0415  no request before the first dyno

        self.feed.publish(records)
        by_app: dict[str, list[RequestRecord]] = {}
        for record in records:
            by_app.setdefault(record.app, []).append(record)
        for name, mine in by_app.items():
            if app := self.apps.get(name):
                app.idling.touch()
                app.channel.say_lines(Source.HEROKU, "router", lines(mine), len(mine))
                app.traffic.take(mine)


def _recorder(path: Path | None) -> "Recorder | None":
    if path is None:
        return None
    from minipaas.router.recorder import Recorder  # noqa: PLC0415  few record

    return Recorder(path)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return f"uid-{os.getuid()}"


def _told(error: BaseException) -> None:
    import traceback  # noqa: PLC0415  for a fault of ours only

    print("internal error in the platform, please report it:", file=sys.stderr)  # noqa: T201
    traceback.print_exception(error)
