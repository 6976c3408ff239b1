"""What every connection of one router shares."""

import random
from collections.abc import Callable
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


class Context:
    """The router's clock, limits, chance, and the lists its connections put themselves on."""

    __slots__ = ("clients", "clock", "closing", "journal", "limits", "on_client_gone", "rng", "sweep", "tunnels")

    def __init__(self, *, clock: Clock, limits: Limits, rng: random.Random, journal: Journal, sweep: Sweep) -> None:
        self.clock = clock
        self.limits = limits
        self.rng = rng
        self.journal = journal
        self.sweep = sweep
        #: Open client connections.
        self.clients: set[Party] = set()
        self.tunnels: set[Party] = set()
        #: True once no new request is wanted: every response then closes its connection.
        self.closing = False
        #: Called whenever a client connection is gone.
        self.on_client_gone: Callable[[], None] = lambda: None

    def request_id(self) -> str:
        """A new one, shaped like Heroku's."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
