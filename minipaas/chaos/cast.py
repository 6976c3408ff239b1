"""The apps of one lab: built, each with backing services and a place in the router, ready for their trials.

Everything is there once for each lane, so that plays on two lanes know nothing of each other.
"""

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from minipaas.addons.provider import Addons
from minipaas.chaos import prepare
from minipaas.chaos.discover import Discovery
from minipaas.chaos.ensemble import Ensemble, Neighbours
from minipaas.chaos.fleet import Fleet
from minipaas.chaos.lab import Lab, NotUp, Specimen
from minipaas.chaos.lanes import Lane, Lanes, Reset, Tell
from minipaas.chaos.reach import Passed
from minipaas.chaos.relations import Uses, levels, needed
from minipaas.chaos.services import Services
from minipaas.chaos.site import Site
from minipaas.chaos.switch import LabRoute, Switch
from minipaas.chaos.trial import CALM, Trial
from minipaas.clock import Clock
from minipaas.control.appfiles import read_files
from minipaas.control.settings import AppSpec
from minipaas.model.app import AddonWish
from minipaas.model.platform_file import url_variable
from minipaas.runtime.ports import Ports

Find = Callable[[Fleet, str], Awaitable[Discovery]]

#: Plays that run side by side; so many of one app by itself that leaves the machine idle.
LANES, MOST_LANES = 2, 5


@dataclass(frozen=True, slots=True)
class Member:
    """One app, with a lab and backing services for each lane, and how to make both for one more.

    `lacking`: add-ons that are not to be had, and why.
    """

    spec: AppSpec
    labs: list[Lab]
    services: list[Services]
    lacking: tuple[str, ...]
    another: Callable[[int], Awaitable[tuple[Lab, Services]]]


@dataclass(frozen=True, slots=True)
class Look:
    """How an app is used, once found out, and what came by at the others meanwhile."""

    discovery: Discovery
    passed: tuple[Passed, ...]


class Cast:
    """Made by `cast`. What is found out of one app is kept for the verdicts of the others."""

    def __init__(self, members: Mapping[str, Member], uses: Uses, switches: Sequence[Switch]) -> None:
        self.members = members
        self.uses = uses
        self._looks: dict[str, Look | NotUp] = {}
        self._switches = switches

    def takes_part(self, app: str) -> tuple[str, ...]:
        """The app and all it uses that serves anything, the app first."""
        found = needed(app, self.uses)
        return tuple(each for each in found if each == app or "web" in self.members[each].labs[0].specimen.commands)

    def lanes(self, entry: str, app: str) -> Lanes:
        """Lanes for trials of `app` whose users come in by `entry`."""
        lanes = [self._lane(number, entry, app) for number in range(LANES)]
        return Lanes(lanes, lambda: self._more_lanes(entry, app))

    async def _more_lanes(self, entry: str, app: str) -> list[Lane]:
        """Further ones, in the first state; none where several apps take part."""
        if self._switches:
            return []
        member = self.members[app]
        missing = range(len(member.labs), MOST_LANES)
        for lab, services in await asyncio.gather(*map(member.another, missing)):
            member.labs.append(lab)
            member.services.append(services)
        await asyncio.gather(*(_first_state(member, lane) for lane in missing))
        return [self._lane(number, entry, app) for number in range(LANES, MOST_LANES)]

    def _fleet(self, lane: int, entry: str, app: str, trial: Trial, tell: Tell) -> Fleet:
        """The dynos of one trial."""
        apps = self.takes_part(entry)
        if len(apps) == 1:
            return Fleet(self._lab(app, lane), trial, tell)
        return Ensemble(app, entry, self._labs(apps, lane), levels(apps, self.uses), trial, tell)

    def is_known(self, app: str) -> bool:
        """Whether it was found out how the app is used, or that it does not come up."""
        return app in self._looks

    async def look(self, app: str, find: Find, tell: Tell) -> Look:
        """Find out once how the app is used, on fresh dynos of the first lane.

        Raises:
            NotUp: it does not come up; NeighbourDown: one that it uses does not.
        """
        known = self._looks.get(app)
        if known is None:
            known = self._looks[app] = await self._look(app, find, tell)
        if isinstance(known, NotUp):
            raise known
        return known

    async def _look(self, app: str, find: Find, tell: Tell) -> Look | NotUp:
        await self._reset(0, self.takes_part(app))
        for switch in self._switches:
            switch.forget()
        try:
            async with self._fleet(0, app, app, CALM, tell) as fleet:
                discovery = await find(fleet, app)
        except NotUp as not_up:
            return not_up
        return Look(discovery, tuple(each for switch in self._switches[:1] for each in switch.passed))

    @contextlib.asynccontextmanager
    async def beside(self, app: str) -> AsyncIterator[Reset | None]:
        """What the app uses runs calm on the first lane; the result makes all that anew, None when there is nothing.

        Raises:
            NeighbourDown: one of them does not come up.
        """
        apps = self.takes_part(app)
        others = apps[1:]
        order = levels(others, self.uses)

        async def again() -> None:
            await self._reset(0, apps)
            await neighbours.stop()
            for level in order:
                await neighbours.start(level)

        async with Neighbours(self._labs(others, 0), order, lambda _event: None) as neighbours:
            yield again if others or self._stores(apps) else None

    def _lane(self, number: int, entry: str, app: str) -> Lane:
        apps = self.takes_part(entry)

        def fleet(trial: Trial, tell: Tell) -> Fleet:
            return self._fleet(number, entry, app, trial, tell)

        async def reset() -> None:
            await self._reset(number, apps)

        return Lane(fleet, reset if self._stores(apps) else None)

    def _stores(self, apps: Sequence[str]) -> bool:
        return any(self.members[app].services[0].any for app in apps)

    async def _reset(self, lane: int, apps: Sequence[str]) -> None:
        await asyncio.gather(*(self.members[app].services[lane].reset() for app in apps))

    def _lab(self, app: str, lane: int) -> Lab:
        return self.members[app].labs[lane]

    def _labs(self, apps: Sequence[str], lane: int) -> dict[str, Lab]:
        return {app: self._lab(app, lane) for app in apps}


@contextlib.asynccontextmanager
async def cast(
    site: Site,
    specs: Sequence[AppSpec],
    seed: int,
    clock: Clock,
    say: Callable[[str, str], None],
    output: Callable[[bytes], None],
) -> AsyncIterator[Cast]:
    """Build apps that use each other, and bring them to the state in which every play begins.

    Args:
        say: told (app, what is done now).
        output: gets the builds' output.

    Raises:
        BuildFailed: there is nothing to judge.
        FileProblem: one of the apps' files is faulty.
        StoreProblem: a backing service does not start.
    """
    async with AsyncExitStack() as stack:
        uses = {spec.name: spec.uses for spec in specs}
        switches = [await _switch(stack, clock) for _ in range(LANES)] if len(specs) > 1 else []
        maker = _Maker(site, seed, clock, say, output, switches)
        for spec in specs:
            await maker.reserve(spec.name)
        members = {spec.name: await maker.member(stack, spec) for spec in specs}
        await asyncio.gather(*(_first_state(member, lane) for member in members.values() for lane in range(LANES)))
        yield Cast(members, uses, switches)


async def _switch(stack: AsyncExitStack, clock: Clock) -> Switch:
    switch = Switch(clock)
    stack.push_async_callback(switch.close)
    return switch


async def _first_state(member: Member, lane: int) -> None:
    """The release phase is over, nobody has asked for anything."""
    lab = member.labs[lane]
    if "release" in lab.specimen.commands:
        await lab.run_once("release")
    await member.services[lane].remember()


class _Maker:
    """Makes members, one after another."""

    def __init__(
        self,
        site: Site,
        seed: int,
        clock: Clock,
        say: Callable[[str, str], None],
        output: Callable[[bytes], None],
        switches: Sequence[Switch],
    ) -> None:
        self._site = site
        self._seed = seed
        self._clock = clock
        self._say = say
        self._output = output
        self._switches = switches
        # Ports are no part of what a seed repeats: two runs of one seed may stand side by side.
        self._ports = Ports(random.SystemRandom())
        self._routes: dict[str, list[LabRoute]] = {}

    async def reserve(self, app: str) -> None:
        """Its address is known before any app is built, as others are given it."""
        self._routes[app] = [await switch.add(app) for switch in self._switches]

    async def member(self, stack: AsyncExitStack, spec: AppSpec) -> Member:
        """Build it; `stack` takes it down."""
        files = read_files(spec)
        if files.app_json.addons:
            self._say(spec.name, "starting its backing services")
        addons = self._addons(spec.name)
        stack.push_async_callback(addons.close)
        wishes = files.app_json.addons
        served = await asyncio.gather(*(self._services(addons, spec, wishes, lane) for lane in range(LANES)))
        self._say(spec.name, "building")
        specimen = await prepare.build(self._site, spec, files, served[0][1], self._clock, self._output)

        def lab(config: Mapping[str, str], lane: int) -> Lab:
            made = self._lab(replace(specimen, config={**specimen.config, **config}), lane)
            stack.push_async_callback(made.clear)
            return made

        async def another(lane: int) -> tuple[Lab, Services]:
            services, config = await self._services(addons, spec, wishes, lane)
            return lab(config, lane), services

        labs = [lab(config, lane) for lane, (_, config) in enumerate(served)]
        services = [each for each, _ in served]
        return Member(spec, labs, services, tuple(services[0].lacking), another)

    async def _services(
        self, addons: Addons, spec: AppSpec, wishes: Sequence[AddonWish], lane: int
    ) -> tuple[Services, dict[str, str]]:
        """Backing services of one lane, started; and all the config vars that lane sets."""
        services = Services(addons, f"{spec.name}-{lane}")
        return services, {**self._links(spec, lane), **await services.open(wishes)}

    def _links(self, spec: AppSpec, lane: int) -> dict[str, str]:
        return {url_variable(used): self._switches[lane].url(used) for used in spec.uses if used in self._routes}

    def _addons(self, app: str) -> Addons:
        home = self._site.home.root
        return Addons(
            home / "addons" / app,
            self._clock,
            random.SystemRandom(),
            lambda _app, _process: lambda _data: None,
            durable=False,
            templates=self._site.user.root / "templates",
        )

    def _lab(self, specimen: Specimen, lane: int) -> Lab:
        lab = Lab(
            specimen,
            runtime=self._site.runtime,
            hosts=self._site.hosts,
            folder=self._site.home.root / "disks" / uuid.uuid4().hex,
            clock=self._clock,
            rng=random.Random(self._seed),
        )
        if self._site.remote:
            lab.spread()
        lab.join(self._ports, self._routes[specimen.name][lane] if self._switches else None)
        return lab
