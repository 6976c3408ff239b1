"""A platform in the background: started by `up --detach`, which waits until the release is up or has failed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from minipaas.errors import InternalError, StoreProblem
from minipaas.store.home import Home

#: How the background process ends its report; the line before it is the last that a person reads.
_OK = b"\0ok\n"
_FAILED = b"\0failed\n"
#: Words of the command line that the background process must not see again.
_DETACH_WORDS = ("-d", "--detach")


class Report:
    """What the background process tells the command that started it, until it has told all."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, data: bytes) -> None:
        """More for the user to read; nobody reading is no problem."""
        with suppress(OSError):
            while data:
                data = data[os.write(self._fd, data) :]

    def end(self, *, ok: bool) -> None:
        """The release is up, or is not; the command returns."""
        self.write(_OK if ok else _FAILED)
        os.close(self._fd)


def detach(home: Home, words: Sequence[str]) -> int:
    """Start the platform in the background with the same words, and pass on what it reports; the exit code.

    Raises:
        StoreProblem: the state folder cannot be used.
        InternalError: the background process ended without a word.
    """
    home.prepare()
    log = home.root / "platform.log"
    read, write = os.pipe()
    again = [word for word in words if word not in _DETACH_WORDS]
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "minipaas", *again, "--report-fd", str(write)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(write,),
                start_new_session=True,
            )
    except OSError as error:
        raise StoreProblem(f"cannot start the platform: {error}") from error
    finally:
        os.close(write)
    ended = _relay(read)
    if ended == _OK:
        return 0
    if ended == _FAILED:
        return 1
    code = child.wait()
    if code > 0 and code != InternalError.exit_code:
        return code
    raise InternalError(f"the platform ended with status {code} before the app was up", f"see {log}")


def _relay(fd: int) -> bytes:
    """Copy the report to stderr; its last mark, b"" when there is none."""
    out = sys.stderr.buffer
    with os.fdopen(fd, "rb") as lines:
        for line in lines:
            if line in (_OK, _FAILED):
                return line
            out.write(line)
            out.flush()
    return b""
