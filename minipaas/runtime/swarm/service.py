"""What the swarm is told of a dyno: one launch as a service of one task. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minipaas.limits import R15_FACTOR
from minipaas.runtime.base import Launch
from minipaas.runtime.boot import DEFAULT_SIGNALS, INIT, INIT_SHELL, command_words
from minipaas.runtime.docker.recipe import NO_INPUT, ONE_STREAM, OWN_PROCESSES, environment

#: The main process's first line, kept out of the log: from here on a signal reaches the app.
READY = b"\0minipaas: ready\0\n"
#: No node has this id, so a service that wants one ends its task and begins no other.
NOWHERE = "node.id==none"
#: Seconds from SIGTERM to a SIGKILL of the swarm's own. The dyno manager's comes before it, where it can reach.
GRACE_S = 31
_FIRST = f"{NO_INPUT}printf '\\0minipaas: ready\\0\\n'\n"
_NS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service to be. `env` is the launch's as dynos elsewhere are told it, `image_env` the names its image sets."""

    launch: Launch
    env: Mapping[str, str]
    image: str
    image_env: tuple[str, ...]
    node: str
    uid: int
    labels: Mapping[str, str]

    @property
    def name(self) -> str:
        """`web-1-1a2b3c4d`: the dyno and the begin of its life's id."""
        dyno = self.env.get("DYNO", "dyno").replace(".", "-")
        return f"{dyno}-{self.launch.id.replace('-', '')[-12:]}"

    def words(self) -> dict[str, Any]:
        """Arguments of the SDK's `create_service`."""
        return {
            "task_template": {
                "ContainerSpec": self._container(),
                "Resources": {"Limits": self._limits()},
                # A dyno that ends is the dyno manager's to start again: it counts crashes and cools off.
                "RestartPolicy": {"Condition": "none"},
                "Placement": {"Constraints": [f"node.id=={self.node}"]},
                # The one driver that keeps every byte and can be read by way of the swarm.
                "LogDriver": {"Name": "local"},
            },
            "name": self.name,
            "labels": dict(self.labels),
            "mode": {"Replicated": {"Replicas": 1}},
            "endpoint_spec": {"Mode": "dnsrr", "Ports": list(self._ports())},
        }

    def _container(self) -> dict[str, Any]:
        launch = self.launch
        command = (*DEFAULT_SIGNALS, *command_words(launch, _FIRST))
        return {
            "Image": self.image,
            "Command": [INIT_SHELL, "-c", ONE_STREAM + INIT, "init", *command],
            "Hostname": (launch.hostname or "dyno")[:63],
            "User": f"{self.uid}:{self.uid}",
            "Dir": launch.cwd or "/app",
            "Env": list(environment(launch, self.env, self.image_env)),
            "StopGracePeriod": GRACE_S * _NS,
            "CapabilityDrop": ["ALL"],
        }

    def _limits(self) -> dict[str, int]:
        size = self.launch.size
        return {"MemoryBytes": size.memory_bytes * R15_FACTOR, "Pids": size.processes + OWN_PROCESSES}

    def _ports(self) -> Iterator[dict[str, Any]]:
        """Only web dynos are reached from outside, on the node itself: no network of the swarm's lies between."""
        port = self.env.get("PORT", "")
        if self.env.get("DYNO", "").startswith("web.") and port.isdigit():
            yield {
                "Protocol": "tcp",
                "TargetPort": int(port),
                "PublishedPort": int(port),
                "PublishMode": "host",
            }
