"""The backing services of a specimen: real servers, brought back to one state before every play."""

from collections.abc import Sequence

from minipaas.addons.provider import Addons
from minipaas.errors import MinipaasError, Missing
from minipaas.model.addon import Addon
from minipaas.model.app import AddonWish


class Services:
    """Servers of one app in a lab. `lacking` says which wishes could not be fulfilled, and why."""

    def __init__(self, addons: Addons, app: str) -> None:
        self._addons = addons
        self._app = app
        self._made: tuple[Addon, ...] = ()
        self.lacking: list[str] = []

    async def open(self, wishes: Sequence[AddonWish]) -> dict[str, str]:
        """Start what the app wishes; the config vars it gets.

        Raises:
            StoreProblem: a server does not start.
        """
        possible = [wish for wish in wishes if self._can(wish)]
        if not possible:
            return {}
        self._made = await self._addons.provision(self._app, possible)
        await self._addons.start(self._app)
        return self._addons.config(self._app)

    @property
    def any(self) -> bool:
        """Whether there is anything to reset."""
        return bool(self._made)

    async def remember(self) -> None:
        """The state that every play begins with: after the release phase, before the first request."""
        for addon in self._made:
            await self._addons.server(self._app, addon.name).snapshot()

    async def reset(self) -> None:
        """Back to that state."""
        for addon in self._made:
            await self._addons.server(self._app, addon.name).restore()

    def _can(self, wish: AddonWish) -> bool:
        try:
            self._addons.check(wish)
        except (Missing, MinipaasError) as problem:
            self.lacking.append(f"{wish.plan}: {problem.message}")
            return False
        return True
