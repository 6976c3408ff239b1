"""What the engine is told of a dyno: one launch as the words of its API."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minipaas.limits import R15_FACTOR
from minipaas.runtime.base import Launch
from minipaas.runtime.boot import DEFAULT_SIGNALS, INIT, INIT_SHELL, command_words
from minipaas.runtime.disk import Disk
from minipaas.runtime.stack import BASE_PATH
from minipaas.runtime.traces import MARK_NAME

#: Printed by the main process before the app's first word, and cut out of its output: from here on a signal
#: reaches it. Until then the init, PID 1, might not have its handlers yet, and the kernel keeps signals from it.
READY = b"\0minipaas: ready\0"
#: One stream, in the order it was written: the engine would carry two, and mix them as it likes.
ONE_STREAM = "exec 2>&1\n"
#: The init has the terminal too, and dash dies of a Ctrl-C that it waits through.
_DEAF = "trap '' INT QUIT\n"
_SAY_READY = "printf '\\0minipaas: ready\\0'\n"
NO_INPUT = "exec </dev/null\n"
#: What is seen of `Gone` in a dyno.
GONE_AT = "/run/minipaas-gone"
_REMOVE_GONE = f"xargs -0 rm -rf -- <{GONE_AT}\n"
#: The init, its `sleep`, and a shell that is about to become the app.
OWN_PROCESSES = 4
#: Where machines keep the certificates they trust, and where the stacks' programs look for them. A company's own is
#: among them, without which no build gets through its proxy.
TRUSTED_AT = "/etc/ssl/certs/ca-certificates.crt"
_TRUSTED = (TRUSTED_AT, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
#: What the engine adds to an environment by itself.
_ADDED = ("HOSTNAME", "TERM")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A container to be. `image` is an id, `image_env` the names its image sets, `gone` a list of files to delete.

    `trusted` are this machine's certificates, to stand in for the image's.
    """

    launch: Launch
    image: str
    image_env: tuple[str, ...]
    uid: int
    mark: str
    labels: dict[str, str]
    disk: Disk
    gone: Path | None = None
    trusted: Path | None = None

    def config(self) -> dict[str, Any]:
        """Arguments of the SDK's `create_container`, but for the host's part."""
        launch = self.launch
        return {
            "image": self.image,
            "entrypoint": [INIT_SHELL, "-c", self._init(), "init", *DEFAULT_SIGNALS, *self._command()],
            "command": [],
            "hostname": launch.hostname or "dyno",
            "user": f"{self.uid}:{self.uid}",
            "environment": list(environment(launch, {**launch.env, MARK_NAME: self.mark}, self.image_env)),
            "working_dir": launch.cwd or "/app",
            "labels": self.labels,
            "stdin_open": launch.attached,
            "tty": self._on_terminal(),
            "use_config_proxy": False,
        }

    def host_config(self) -> dict[str, Any]:
        """Arguments of the SDK's `create_host_config`, but for mounts and the log driver."""
        size = self.launch.size
        limit = size.memory_bytes * R15_FACTOR
        return {
            "network_mode": "host",
            "userns_mode": "host",
            "mem_limit": limit,
            "memswap_limit": limit,
            "pids_limit": size.processes + OWN_PROCESSES,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
        }

    def mounts(self) -> Iterator[tuple[Path, str, bool]]:
        """Source, target and whether it is writable."""
        given = {bind.target for bind in self.launch.binds}
        for source, target in ((self.disk.tmp, "/tmp"), (self.disk.var_tmp, "/var/tmp")):
            if target not in given:
                yield source, target, True
        if self.gone is not None:
            yield self.gone, GONE_AT, False
        if self.trusted is not None:
            yield self.trusted, TRUSTED_AT, False
        for bind in self.launch.binds:
            yield bind.source, bind.target, bind.writable

    def _on_terminal(self) -> bool:
        return self.launch.attached and self.launch.terminal is not None

    def _init(self) -> str:
        return ONE_STREAM + (_DEAF if self._on_terminal() else "") + INIT

    def _command(self) -> tuple[str, ...]:
        launch = self.launch
        first = _REMOVE_GONE if self.gone is not None else ""
        if launch.terminal is not None and launch.attached:
            first += f"stty rows {launch.terminal.rows} cols {launch.terminal.columns}\n"
        if not launch.attached:
            first += NO_INPUT
        return command_words(launch, first + _SAY_READY)


def environment(launch: Launch, env: Mapping[str, str], image_env: Iterable[str]) -> Iterator[str]:
    """A dyno's environment, in the engine's words: a name without a value takes away what the image or it sets."""
    wanted = {"PATH": ":".join(BASE_PATH), **env, "HOME": "/app", "PWD": launch.cwd or "/app"}
    yield from (f"{name}={value}" for name, value in wanted.items())
    yield from (name for name in dict.fromkeys((*image_env, *_ADDED)) if name not in wanted)


def trusted_here() -> Path | None:
    """The certificates this machine trusts, in one file; None where they are in none we know."""
    return next((Path(place).resolve() for place in _TRUSTED if Path(place).is_file()), None)
