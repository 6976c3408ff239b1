"""The app's place in the router as its dynos see it (`formation.kit.Route`)."""

from collections.abc import Awaitable, Mapping

from minipaas.model.dyno import DynoState
from minipaas.router.route import AppRoute
from minipaas.router.slot import Backend


class Routed:
    """Router and formation are siblings; here they meet."""

    def __init__(self, route: AppRoute) -> None:
        self._route = route

    def set_dynos(self, states: Mapping[str, DynoState]) -> None:
        """All web dynos of the formation with their states."""
        self._route.set_dynos(states)

    def serve(self, dyno: str, life: str, address: str, port: int) -> None:
        """Requests may go to this life from now on."""
        self._route.add(Backend(dyno=dyno, life=life, address=address, port=port))

    def drain(self, life: str) -> Awaitable[None]:
        """No new requests; done when none is in flight."""
        return self._route.drain(life)

    def remove(self, life: str) -> None:
        """The life is over."""
        self._route.remove(life)
