"""All channels of a platform, and the folder their histories live in."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from minipaas.clock import Clock
from minipaas.logplex.channel import Channel
from minipaas.logplex.history import History
from minipaas.logplex.ring import Ring
from minipaas.model.logline import Source


class Logplex:
    """Owns a channel for each app. `folder` must exist by the time something is logged."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._forgotten: set[str] = set()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logplex")

    def channel(self, app: str) -> Channel:
        """The app's channel, with the lines an earlier platform kept; always the same one until `forget`."""
        if app not in self._channels:
            self._channels[app] = self._open(app)
        return self._channels[app]

    def forget(self, app: str) -> None:
        """The app is gone: end its readers, delete its lines. A new app of that name starts empty."""
        self.channel(app).discard()
        del self._channels[app]
        self._forgotten.add(app)

    async def flush(self) -> None:
        """Bring every history file up to date."""
        for channel in self._channels.values():
            await channel.flush()

    def end(self) -> None:
        """Let all readers come to the end."""
        for channel in self._channels.values():
            channel.end()

    async def close(self) -> None:
        """End all readers and write all histories; what is logged later is not kept."""
        for channel in self._channels.values():
            await channel.close()
        self._worker.shutdown(wait=False)

    def _open(self, app: str) -> Channel:
        ring = Ring()

        def tell(cause: str) -> None:
            channel.say(Source.HEROKU, "logplex", f"cannot keep the last lines of {app} in {self._folder}: {cause}")

        # The file of an app that was forgotten a moment ago may still be there.
        anew = app in self._forgotten
        history = History(self._path(app), ring, self._clock, self._worker, tell, anew=anew)
        channel = Channel(self._clock, ring, history)
        return channel

    def _path(self, app: str) -> Path:
        return self._folder / f"{quote(app, safe='')}.log"
