"""The one-off dynos of one app that are there now."""

import asyncio
from collections.abc import Callable

from minipaas.errors import UsageProblem
from minipaas.formation.cells import Cells
from minipaas.formation.kit import Kit, Run
from minipaas.formation.oneoff import Errand, OneOff
from minipaas.limits import ONE_OFF_DYNOS, ONE_OFF_DYNOS_ECO
from minipaas.model.dyno import DynoName, Exit, Size
from minipaas.runtime.base import Output

#: Heroku's numbers have four digits and no order.
_NUMBERS = (1000, 9999)


class OneOffs:
    """Makes them, names them, and ends them with the app.

    Args:
        changed: called after one came or went.
    """

    def __init__(self, kit: Kit, cells: Cells, changed: Callable[[], None] = lambda: None) -> None:
        self.living: dict[DynoName, OneOff] = {}
        self._kit = kit
        self._cells = cells
        self._changed = changed

    def check_room(self, size: Size) -> None:
        """For one more.

        Raises:
            UsageProblem: as many run as Heroku allows of that size.
        """
        most = ONE_OFF_DYNOS_ECO if size.name == "Eco" else ONE_OFF_DYNOS
        if len(self.living) >= most:
            raise UsageProblem(
                f"cannot run more than {most} one-off dynos of size {size.name} at a time",
                "`minipaas ps` lists them, `minipaas ps:stop run.1234` stops one",
            )

    def make(self, errand: Errand, run: Run) -> OneOff:
        """A new one, not begun."""
        one_off = OneOff(self._kit, self._cells, self._name(errand.type), errand, run, self._left)
        self.living[one_off.name] = one_off
        self._changed()
        return one_off

    async def run(self, errand: Errand, run: Run, copy: Output) -> Exit:
        """Run one to its end; who is cancelled ends it.

        Args:
            copy: gets the output that goes to the log.

        Raises:
            DynoProblem: it cannot be launched.
        """
        one_off = self.make(errand, run)
        log = self._kit.log.stream(str(one_off.name))

        def both(data: bytes) -> None:
            log(data)
            copy(data)

        one_off.begin(both)
        try:
            await one_off.over()
        except asyncio.CancelledError:
            one_off.kill()
            await asyncio.shield(one_off.over())
            raise
        if one_off.problem is not None:
            raise one_off.problem
        assert one_off.exit is not None, "what was launched has an end"
        return one_off.exit

    def host_failed(self, host: str) -> None:
        """All that stood on that host is gone."""
        for one_off in list(self.living.values()):
            if one_off.host.name == host:
                one_off.lose()

    async def shut_down(self) -> None:
        """Stop all politely; returns when none is left."""
        leaving = list(self.living.values())
        for one_off in leaving:
            one_off.stop()
        await asyncio.gather(*(one_off.over() for one_off in leaving))

    def kill(self) -> None:
        """SIGKILL to all."""
        for one_off in list(self.living.values()):
            one_off.kill(tell=False)

    def _name(self, type_: str) -> DynoName:
        while (name := DynoName(type_, self._kit.rng.randint(*_NUMBERS))) in self.living:
            continue
        return name

    def _left(self, one_off: OneOff) -> None:
        self.living.pop(one_off.name, None)
        self._changed()
