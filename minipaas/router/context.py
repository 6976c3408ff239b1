"""What every connection of one router shares."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from minipaas.clock import Clock
from minipaas.limits import Limits
from minipaas.router.journal import Journal
from minipaas.router.sweep import Sweep


class Party(Protocol):
    """A client connection or a tunnel, as the router sees it when it closes."""

    def retire(self) -> None:
        """Close now if idle, else after the request in hand."""

    def cut(self) -> None:
        """Close now, whatever is in hand."""


@dataclass(slots=True, kw_only=True)
class Context:
    """The router's clock, limits, chance, and the lists its connections put themselves on."""

    clock: Clock
    limits: Limits
    rng: random.Random
    journal: Journal
    sweep: Sweep
    #: Open client connections.
    clients: set[Party] = field(default_factory=set)
    tunnels: set[Party] = field(default_factory=set)
    #: True once no new request is wanted: every response then closes its connection.
    closing: bool = False
    #: Called whenever a client connection is gone.
    on_client_gone: Callable[[], None] = lambda: None

    def request_id(self) -> str:
        """A new one, shaped like Heroku's."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
