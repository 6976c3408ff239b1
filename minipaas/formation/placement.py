"""On which host a dyno comes to stand. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """Its name."""


H = TypeVar("H", bound=Named)


def choose_host(hosts: Sequence[H], load: Mapping[str, int], avoid: Collection[str] = ()) -> H:
    """The host with the fewest dynos, the first of equals; one of `avoid` only when there is no other.

    Args:
        hosts: those that work, at least one.
        load: dynos on each host by name; a missing name has none.
        avoid: where the dyno must not stand if that can be helped (relocation, siblings of its type).
    """
    others = [host for host in hosts if host.name not in avoid]
    return min(others or hosts, key=lambda host: load.get(host.name, 0))
