"""What `up` shows: build output, one line a dyno, the URLs, then the logs."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from minipaas.cli.logprinter import LogPrinter
from minipaas.cli.logview import TextView
from minipaas.clock import SystemClock
from minipaas.daemon.detach import Report
from minipaas.daemon.serve import all_up
from minipaas.daemon.wishes import Plan
from minipaas.model.dyno import DynoState
from minipaas.model.logline import LogChunk, Source

if TYPE_CHECKING:
    from minipaas.control.app import RunningApp
    from minipaas.control.plane import ControlPlane
    from minipaas.router.recorder import Recorder


class UpFace:
    """A `daemon.serve.Face`. Logs go to stdout, all else to stderr; a detached platform tells its report instead.

    Args:
        report: where a detached platform tells how it goes, None in the foreground.
        colour: whether logs are coloured.
    """

    def __init__(self, plan: Plan, report: Report | None, *, colour: bool) -> None:
        self._report = report
        self._printer: LogPrinter | None = None
        if report is None:
            names = [spec.name for spec in plan.apps]
            self._printer = LogPrinter(sys.stdout.buffer, TextView(colour=colour, apps=names), SystemClock())
        self._several = len(plan.apps) > 1
        self._midline: str | None = None
        self._ok = False
        self._unfollow: list[Callable[[], None]] = []
        self._recorder: Recorder | None = None

    def opened(self, plane: "ControlPlane") -> None:
        """Say what a weaker runtime cannot give, and that a recording is made."""
        self._recorder = plane.recorder
        if plane.recorder is not None:
            self._say(f"Recording requests into {plane.recorder.path}, with cookies and what users type")
        if plane.capabilities.lost:
            lost = "; ".join(plane.capabilities.lost)
            self._say(f"Running dynos as {plane.capabilities.name}: {lost} (`minipaas doctor` tells why)")

    def building(self, app: str, data: bytes) -> None:
        """Build output as it comes; a line that names the app goes before each when there are several."""
        if self._several and self._midline != app:
            self._say(f"=====> {app}")
            self._midline = app
        self._write(data)

    def followed(self, app: "RunningApp") -> None:
        """Show the app's log from here on; of a detached platform only what its one-off dynos say."""
        printer = self._printer

        def show(chunk: LogChunk) -> None:
            if printer is not None:
                printer.print(app.name, chunk)
            elif (
                self._report is not None
                and chunk.source is Source.APP
                and chunk.process.startswith(("release.", "postdeploy."))
            ):
                self._report.write(chunk.data)

        self._unfollow.append(app.channel.listen(show))

    def settled(self, plane: "ControlPlane") -> None:
        """One line a dyno, then the URLs."""
        for app in plane.apps.values():
            for name in sorted(app.dynos.slots):
                self._say(f"{f'{app.name}/' if self._several else ''}{_dyno_line(app, str(name))}")
            if app.route.deployed:
                self._say(f"{app.name} is at {plane.own_url(app)} and {plane.web_url(app)}")
            else:
                self._say(f"{app.name} waits for a push: git push {plane.repositories.path(app.name)} main")
        if not plane.apps:
            self._say("No apps yet: `minipaas apps:create` makes one to push to")
        self._ok = all_up(plane)
        if not self._ok:
            self._tell_crashed(plane)

    def answering(self) -> None:
        """Say how to end it; a detached platform's first command returns."""
        if self._report is not None:
            self._say("`minipaas logs --tail` shows the logs, `minipaas down` stops it")
            self._report.end(ok=self._ok)
            self._report = None
        else:
            self._say("Ctrl-C stops it")

    def stopping(self, plane: "ControlPlane") -> None:
        """Say that a second Ctrl-C does not wait."""
        if any(app.dynos.slots for app in plane.apps.values()):
            self._say("Stopping all dynos; Ctrl-C again does not wait for them")

    async def closed(self) -> None:
        """Show the last lines of the logs."""
        for stop in self._unfollow:
            stop()
        if self._printer is not None:
            await self._printer.close()
        if self._recorder is not None:
            self._say(_recorded(self._recorder))

    def _tell_crashed(self, plane: "ControlPlane") -> None:
        for app in plane.apps.values():
            crashed = [str(n) for n, slot in app.dynos.slots.items() if slot.state is DynoState.CRASHED]
            if crashed:
                self._say(
                    f"error: {', '.join(crashed)} of {app.name} crashed; `minipaas logs -a {app.name}` tells why"
                )

    def _say(self, text: str) -> None:
        self._write(f"{text}\n".encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        if self._report is not None:
            self._report.write(data)
            return
        try:
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _recorded(recorder: "Recorder") -> str:
    lost = f"; {recorder.left_out} more did not find room" if recorder.left_out else ""
    if recorder.error is not None:
        reason = (recorder.error.strerror or str(recorder.error)).lower()
        kept = f"{recorder.path.name}.part holds the {recorder.written} requests before that"
        return f"error: cannot write {recorder.path}: {reason}; {kept}"
    if not recorder.written:
        return f"Recorded nothing: no request came; {recorder.path} is as it was"
    return f"Recorded {recorder.written} requests into {recorder.path}{lost}"


def _dyno_line(app: "RunningApp", name: str) -> str:
    slot = next(slot for key, slot in app.dynos.slots.items() if str(key) == name)
    if slot.life is None:
        return f"{name}  {slot.state}"
    took = f" after {slot.boot_s:.2f} s" if slot.boot_s is not None else ""
    return f"{name}  {slot.state} on host {slot.life.host.name}, port {slot.life.port}{took}"
