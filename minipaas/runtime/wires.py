"""The descriptors between the platform and a dyno's stdin, stdout and stderr: pipes, or a terminal."""

import os
import shlex
from contextlib import suppress

from minipaas.frozen import frozen
from minipaas.runtime.base import Console, Launch, Output
from minipaas.runtime.output import OutputPipe


@frozen(kw_only=True)
class Wires:
    """`reading` and `writing` are our ends, `output` and `input` the dyno's.

    Without `writing` and `input` the dyno reads nothing. On a terminal both our ends are the terminal's master side
    and both of the dyno's are one descriptor; `terminal` is its path then.
    """

    reading: int
    output: int
    writing: int | None = None
    input: int | None = None
    terminal: str = ""

    @classmethod
    def of(cls, launch: Launch) -> "Wires":
        """Open what the launch asks for."""
        if launch.attached and launch.terminal is not None:
            from minipaas.runtime.console import open_terminal  # noqa: PLC0415  one-off dynos only

            near, far = open_terminal(launch.terminal)
            return cls(reading=near, writing=os.dup(near), output=far, input=far, terminal=os.ttyname(far))
        reading, output = os.pipe()
        if not launch.attached:
            return cls(reading=reading, output=output)
        input_, writing = os.pipe()
        return cls(reading=reading, output=output, writing=writing, input=input_)

    @property
    def passed(self) -> tuple[int, ...]:
        """What a sandbox's init must inherit beside stdout, for it passes on no stdin of its own."""
        return (self.input,) if self.input is not None and not self.terminal else ()

    @property
    def session(self) -> tuple[str, ...]:
        """Words before a sandboxed command that make it the leader of a session, which a terminal belongs to."""
        return ("/usr/bin/setsid",) if self.terminal else ()

    @property
    def take_terminal(self) -> str:
        """Shell: a session's leader that opens a terminal makes it the session's."""
        return f"exec 0<>{shlex.quote(self.terminal)}\n" if self.terminal else ""

    @property
    def take_input(self) -> str:
        """Shell: the same in a sandbox, whose `/dev/pts` is another; a pipe comes by its number."""
        if self.terminal:
            return "exec 0<>/proc/self/fd/1\n"
        return "" if self.input is None else f"exec 0<&{self.input} {self.input}<&-\n"

    def join(self, output: Output) -> tuple[OutputPipe, Console | None]:
        """Read our end from `start` on, and write to it where there is input."""
        if self.writing is None:
            return OutputPipe(self.reading, output), None
        from minipaas.runtime.console import DynoConsole  # noqa: PLC0415  one-off dynos only

        pipe = OutputPipe(self.reading, output, pause_s=0)
        return pipe, DynoConsole(self.writing, pipe, terminal=bool(self.terminal))

    def close_far(self) -> None:
        """Close the dyno's ends, once it has them."""
        _close(self.output, self.input)

    def close_near(self) -> None:
        """Close our ends, when there will be no dyno."""
        _close(self.reading, self.writing)


def _close(*fds: int | None) -> None:
    for fd in {fd for fd in fds if fd is not None}:
        with suppress(OSError):
            os.close(fd)
