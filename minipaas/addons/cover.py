"""What a server is started under, so that it never runs as root and never outlives the platform.

In namespaces where the machine allows them: as an ordinary user, to whom the platform's own files belong there, so
nobody is created and no file changes its owner. The server is the first process of its namespace: all it started
ends with it, a busy PostgreSQL session too. Without namespaces an ordinary user's servers are plain processes, and
root's run as `nobody`, who owns the data folder and may pass the folders above it (CAP_DAC_OVERRIDE, no other
capability). The kernel then ends the server with the platform (PR_SET_PDEATHSIG, by setpriv).
"""

import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from minipaas.addons.files import give_to
from minipaas.errors import Missing
from minipaas.runtime.choose import find_bubblewrap
from minipaas.runtime.setup import Refused

#: `nobody`'s number everywhere.
NOBODY = 65534
#: With System V memory of its own: what PostgreSQL has there ends with the namespace, also after SIGKILL.
_NAMESPACES = ("--unshare-pid", "--unshare-ipc", "--die-with-parent", "--as-pid-1", "--dev-bind", "/", "/")
_CAPABILITIES = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
_TIED = ("--pdeathsig", "KILL", "--")


@dataclass(frozen=True, slots=True)
class Cover:
    """`words` go before the server's own. `owner` must own its folder; None when whoever made it may."""

    words: tuple[str, ...] = ()
    namespaces: bool = False
    owner: int | None = None

    def admit(self, folder: Path) -> None:
        """Make the folder the server's own.

        Raises:
            OSError: it cannot be given away.
        """
        if self.owner is not None:
            give_to(self.owner, folder)


def find_cover() -> Cover:
    """What this machine allows, found by trying it.

    Raises:
        Missing: root has neither namespaces nor setpriv.
    """
    return _namespaces() or (as_nobody() if os.geteuid() == 0 else as_user())


def _namespaces() -> Cover | None:
    try:
        user = str(named_user())
        words = (str(find_bubblewrap()), "--unshare-user", "--uid", user, "--gid", user, *_NAMESPACES)
        works = subprocess.run((*words, "--", "true"), capture_output=True, check=False).returncode == 0
    except (Refused, OSError):
        return None
    # What root's servers own must be root's to be theirs in there: it may have been `nobody`'s before.
    return Cover(words, namespaces=True, owner=0 if os.geteuid() == 0 else None) if works else None


def as_user() -> Cover:
    """For an ordinary user without namespaces: tied to the platform where the system has a program for it."""
    words = ("setpriv", *_TIED)
    with suppress(OSError):
        if subprocess.run((*words, "true"), capture_output=True, check=False).returncode == 0:
            return Cover(words)
    return Cover()


def as_nobody() -> Cover:
    """For root without namespaces.

    Raises:
        Missing: there is no setpriv.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Missing("cannot run a server as root without bubblewrap or setpriv", "`apt-get install util-linux`")
    user = named_user()
    return Cover(
        (setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups", *_CAPABILITIES, *_TIED), owner=user
    )


def named_user() -> int:
    """The number of a user that is not root and has a name, which initdb asks for."""
    named = [each.pw_uid for each in pwd.getpwall() if each.pw_uid != 0]
    return next((uid for uid in (os.geteuid(), NOBODY) if uid in named), next(iter(named), NOBODY))
