"""The drains of all apps: written down with the app, served while the platform runs."""

import asyncio
import dataclasses
import random
import ssl
import uuid

from minipaas.clock import Clock
from minipaas.control.app import RunningApp
from minipaas.errors import NotFound, UsageProblem
from minipaas.formation.kit import Tasks
from minipaas.limits import DRAINS_PER_APP
from minipaas.logplex.carriers import carrier_to
from minipaas.logplex.drain import Delivery, run_down
from minipaas.model.drain import Drain, check_url
from minipaas.model.logline import Source

#: The last lines have this long to go out when the platform stops.
LAST_LINES_S = 2.0


class Drains:
    """Starts and ends what is delivered."""

    def __init__(self, clock: Clock, rng: random.Random, tasks: Tasks) -> None:
        self._clock = clock
        self._rng = rng
        self._tasks = tasks
        self._live: dict[str, tuple[Delivery, asyncio.Task[None]]] = {}

    def follow(self, app: RunningApp) -> None:
        """Serve the drains that are written down."""
        for drain in app.record.drains:
            if drain.id not in self._live:
                self._begin(app, drain)

    def add(self, app: RunningApp, url: str) -> Drain:
        """A new drain, that gets every line from now on.

        Raises:
            UsageProblem: no such URL can be a drain's, the app has it, or has as many as it may.
            StoreProblem: it cannot be written down.
        """
        known = app.record.drains
        if any(each.url == check_url(url) for each in known):
            raise UsageProblem("Url has already been taken", f"`minipaas drains -a {app.name}` lists them")
        if len(known) >= DRAINS_PER_APP:
            raise UsageProblem(f"cannot add a drain: an app may have {DRAINS_PER_APP}")
        drain = Drain(id=str(uuid.uuid4()), url=url, token=f"d.{uuid.uuid4()}", created_at=self._clock.now())
        app.save(dataclasses.replace(app.record, drains=(*known, drain)))
        self._begin(app, drain)
        return drain

    def remove(self, app: RunningApp, word: str) -> Drain:
        """Forget one, and what waits for it.

        Raises:
            NotFound: there is none of that id, token or URL.
            StoreProblem: it cannot be written down.
        """
        drain = find_drain(app, word)
        others = tuple(each for each in app.record.drains if each.id != drain.id)
        app.save(dataclasses.replace(app.record, drains=others))
        _, task = self._live.pop(drain.id)
        task.cancel()
        return drain

    def delivery(self, drain: Drain) -> Delivery:
        """How it goes."""
        return self._live[drain.id][0]

    async def close(self) -> None:
        """Let the last lines go out, for a moment."""
        await asyncio.gather(*(run_down(task, LAST_LINES_S) for _, task in self._live.values()))

    def _begin(self, app: RunningApp, drain: Drain) -> None:
        def failed(error: OSError) -> None:
            if isinstance(error, ssl.SSLCertVerificationError):
                why = getattr(error, "verify_message", None) or "bad certificate"
                text = f'Error L14 (certificate validation): error="{why}" uri="{drain.shown_url}"'
                app.channel.say(Source.HEROKU, "logplex", text)

        session = app.channel.drain()
        delivery = Delivery(session, carrier_to(drain), self._clock, self._rng, failed)
        self._live[drain.id] = delivery, self._tasks.start(delivery.run())


def find_drain(app: RunningApp, word: str) -> Drain:
    """By id, token or URL.

    Raises:
        NotFound: there is none.
    """
    for drain in app.record.drains:
        if word in (drain.id, drain.token, drain.url):
            return drain
    raise NotFound(f"there is no drain {word} on {app.name}", f"`minipaas drains -a {app.name}` lists them")
