"""A platform's add-ons: made, attached to apps, served, destroyed; and the config vars that all this sets."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from minipaas.addons.base import Server, Shared
from minipaas.addons.cover import Cover, find_cover
from minipaas.addons.ledger import Record
from minipaas.addons.registry import Registry
from minipaas.addons.search import Programs
from minipaas.addons.servers import KINDS, OpenLog, Servers
from minipaas.addons.template import Templates
from minipaas.clock import Clock
from minipaas.errors import StoreProblem
from minipaas.model import attaching
from minipaas.model.addon import Addon, AddonState, Attachment
from minipaas.model.app import AddonWish
from minipaas.model.service import parse_plan
from minipaas.runtime.ports import Ports
from minipaas.runtime.reaper import remove_tree


class Addons:
    """All add-ons of one platform. `registry` says which there are.

    Args:
        home_folder: where their records and data are; a folder for each app.
        on_log: opens a stream of an app's log.
        durable: whether data must survive a power cut; the end of any process it survives always.
        templates: where initdb's results are kept, which platforms may share; in `home_folder` by default.
    """

    def __init__(
        self,
        home_folder: Path,
        clock: Clock,
        rng: random.Random,
        on_log: OpenLog,
        *,
        durable: bool = True,
        programs: Programs | None = None,
        cover: Cover | None = None,
        templates: Path | None = None,
    ) -> None:
        self.registry = Registry(home_folder)
        self.programs = programs or Programs()
        self._folder = home_folder
        self._clock = clock
        self._rng = rng
        self._durable = durable
        self._cover = cover
        self._templates = Templates(templates or home_folder / ".templates")
        self._ports = Ports(rng)
        self._servers = Servers(home_folder, self.registry, clock, self._ports, on_log, self._shared)

    def check(self, wish: AddonWish) -> None:
        """See that a wish can be fulfilled here, without doing it.

        Raises:
            UsageProblem: there is no such service.
            Missing: no server for it is installed; the hint names what to install.
        """
        service, _ = parse_plan(wish.plan)
        KINDS[service.name].look_for(self.programs)

    def addons(self, app: str) -> tuple[Addon, ...]:
        """The app's own add-ons, oldest first.

        Raises:
            StoreProblem: their record is damaged.
        """
        return tuple(record.addon for record in self.registry.owned(app))

    async def provision(self, app: str, wishes: Sequence[AddonWish]) -> tuple[Addon, ...]:
        """Write down the add-ons that the app wishes and has not; all it uses then. `start` makes their data.

        Raises:
            UsageProblem: a wish names no service, or a name that is taken; nothing is written then.
            DynoProblem: no port is free.
            StoreProblem: the record cannot be read or written.
        """
        new: list[Record] = []
        for wish in attaching.missing_wishes(app, wishes, self.registry.used_addons(app)):
            new.append(self._new_record(app, wish, [each.addon for each in new]))
        self.registry.add(*new)
        return self.registry.used_addons(app)

    async def create(self, app: str, wish: AddonWish, name: str | None = None) -> Addon:
        """Make one more and start it; nothing of it is left when that fails.

        Raises:
            UsageProblem: there is no such service, or a wished name is taken or no name.
            Missing: no server for it is installed.
            DynoProblem: no port is free.
            StoreProblem: it does not start, as on a full disk.
        """
        self.check(wish)
        record = self._new_record(app, wish, [], name)
        self.registry.add(record)
        try:
            await self._start([record])
        except BaseException:
            await self._give_up(record)
            raise
        return self.registry.record(record.addon.name).addon

    async def start(self, app: str) -> None:
        """Start the servers the app uses; returns when all answer. One whose port was taken gets another.

        Raises:
            StoreProblem: one does not start; the others run.
            Missing: no server is installed that can read its data.
        """
        await self._start(self.registry.used(app))

    def config(self, app: str) -> dict[str, str]:
        """The config vars that add-ons set in the app. They change when a port had to."""
        return {
            var: value
            for record in self.registry.used(app)
            for attachment in record.addon.attached_to(app)
            for var, value in self.values(record.addon, attachment).items()
        }

    def values(self, addon: Addon, attachment: Attachment) -> Mapping[str, str]:
        """The config vars of one attachment."""
        values = self._servers.of(self.registry.record(addon.name)).values()
        return dict(zip(attachment.config_vars, (values[key] for key in addon.kind.keys), strict=True))

    def attach(self, name: str, app: str, alias: str | None) -> tuple[Addon, Attachment]:
        """Attach an add-on to one more app, or once more.

        Raises:
            NotFound: there is no such add-on.
            UsageProblem: the wished name is taken or no name.
        """
        having = self.registry.used_addons(app)
        addon = self.registry.record(name).addon
        changed, made = attaching.attach(addon, app, alias, having, self._rng, self._clock.now())
        # By its folder a deploy tells an app that has add-ons from one that has none.
        (self._folder / app).mkdir(mode=0o700, exist_ok=True)
        return self.registry.change_addon(changed).addon, made

    def detach(self, addon: Addon, attachment: Attachment) -> None:
        """Take an attachment away.

        Raises:
            UsageProblem: it is the last one in the app that has the add-on.
        """
        self.registry.change_addon(attaching.detach(self.registry.record(addon.name).addon, attachment))

    def promote(self, addon: Addon, app: str) -> Attachment:
        """Attach an add-on under its service's first name, as `pg:promote` does; the one that had it gets a colour.

        Raises:
            UsageProblem: it has the name already.
        """
        having = self.registry.used_addons(app)
        changed, made = attaching.promote(addon, app, having, self._rng, self._clock.now())
        for each in changed:
            self.registry.change_addon(each)
        return made

    def server(self, app: str, name: str) -> Server:
        """The server of an add-on that the app uses, by its name or the name of an attachment: `DATABASE`.

        Raises:
            NotFound: the app has no such add-on.
        """
        return self._servers.of(self.registry.find(app, name))

    def failed(self, addon: Addon) -> bool:
        """Whether it was made to fail."""
        return self._servers.failed(addon)

    def fail(self, app: str, name: str) -> Addon:
        """Kill the server by SIGKILL; it stays down until `recover`.

        Raises:
            NotFound: the app has no such add-on.
        """
        record = self.registry.find(app, name)
        self._servers.fail(record)
        return record.addon

    async def recover(self, app: str, name: str) -> Addon:
        """Start a failed server again, at its old address with its old data.

        Raises:
            NotFound: the app has no such add-on.
            StoreProblem: it does not start.
            Missing: no server is installed that can read its data.
        """
        record = self.registry.find(app, name)
        await self._servers.recover(record)
        return record.addon

    async def stop(self, app: str) -> None:
        """Stop the app's own servers; their data stays."""
        await self._servers.stop(self.registry.owned(app))

    async def destroy(self, app: str, name: str) -> Addon:
        """Stop the server, forget the add-on and all its attachments, and delete its data.

        Raises:
            NotFound: the app has no such add-on.
            StoreProblem: the record cannot be written; nothing is deleted then.
        """
        record = self.registry.find(app, name)
        await self._remove(record)
        return record.addon

    async def sweep(self) -> None:
        """Finish what a killed platform left: end its servers, delete what it was deleting. Before any is started."""
        if self._folder.is_dir():
            await asyncio.to_thread(self._servers.sweep)
            for record in self.registry.over():
                await self._delete(record)

    async def close(self) -> None:
        """Stop every server; their data stays."""
        await self._servers.close()

    async def _start(self, records: Sequence[Record]) -> None:
        await self._servers.start(records)
        for record in records:
            now = self.registry.record(record.addon.name)
            if now.addon.state is AddonState.PROVISIONING:
                self.registry.change_addon(replace(now.addon, state=AddonState.PROVISIONED))

    async def _remove(self, record: Record) -> None:
        """From the first write on nobody sees it any more, and the next platform would finish the deletion."""
        over = replace(record, addon=replace(record.addon, state=AddonState.DEPROVISIONED, attachments=()))
        self.registry.change(over)
        await self._servers.end(record)
        await self._delete(over)

    async def _give_up(self, record: Record) -> None:
        """What was begun goes first: on a full disk no record can be written before."""
        await asyncio.to_thread(remove_tree, str(await self._servers.end(record)))
        with suppress(StoreProblem):
            self.registry.drop(record)

    async def _delete(self, record: Record) -> None:
        await asyncio.to_thread(remove_tree, str(self._folder / record.addon.app / record.addon.name))
        self.registry.drop(record)

    def _new_record(self, app: str, wish: AddonWish, more: Sequence[Addon], name: str | None = None) -> Record:
        taken = {*self.registry.taken_names(), *(each.name for each in more)}
        having = (*self.registry.used_addons(app), *more)
        addon = attaching.make_addon(app, wish, having, taken, self._rng, self._clock.now(), name)
        return Record.new(addon, self._ports.take())

    def _shared(self) -> Shared:
        if self._cover is None:
            self._cover = find_cover()
        return Shared(
            programs=self.programs,
            cover=self._cover,
            templates=self._templates,
            durable=self._durable,
        )
