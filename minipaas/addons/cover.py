"""What a server is started under, so that it never runs as root and never outlives the platform.

In namespaces where the machine allows them: as user 1000, whom the platform's own files belong to there, so nobody
is created and no file changes its owner. The server is the first process of its namespace: all it started ends with
it, a busy PostgreSQL session too. Without namespaces an ordinary user's servers are plain processes, and root's run
as `nobody`, who owns the data folder and may pass the folders above it (CAP_DAC_OVERRIDE, no other capability).
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from minipaas.addons.files import give_to
from minipaas.errors import Missing
from minipaas.runtime.choose import find_bubblewrap
from minipaas.runtime.setup import Refused

#: `nobody`, by number: a container may have no name for it.
NOBODY = 65534
#: With System V memory of its own: what PostgreSQL has there ends with the namespace, also after SIGKILL.
_NAMESPACES = (
    *("--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-pid", "--unshare-ipc"),
    *("--die-with-parent", "--as-pid-1", "--dev-bind", "/", "/"),
)
_AS_NOBODY = (
    *(f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--pdeathsig", "KILL", "--"),
)


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
    return _namespaces() or (as_nobody() if os.geteuid() == 0 else Cover())


def _namespaces() -> Cover | None:
    try:
        words = (str(find_bubblewrap()), *_NAMESPACES)
        works = subprocess.run((*words, "--", "true"), capture_output=True, check=False).returncode == 0
    except (Refused, OSError):
        return None
    return Cover(words, namespaces=True) if works else None


def as_nobody() -> Cover:
    """For root without namespaces.

    Raises:
        Missing: there is no setpriv.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Missing("cannot run a server as root without bubblewrap or setpriv", "`apt-get install util-linux`")
    return Cover((setpriv, *_AS_NOBODY), owner=NOBODY)
