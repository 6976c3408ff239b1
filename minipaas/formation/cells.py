"""The hosts that dynos of all apps share, which of them work, and how full they are."""

from collections import Counter
from collections.abc import Collection, Sequence

from minipaas.errors import NotFound, UsageProblem
from minipaas.formation.placement import choose_host
from minipaas.runtime.base import Host


class Cells:
    """Simulated machines. A dyno stands on one of them; a failed one takes no dynos until it is recovered."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self.hosts = tuple(hosts)
        self._failed: set[str] = set()
        self._drained: set[str] = set()
        self._load: Counter[str] = Counter()

    def place(self, avoid: Collection[str] = ()) -> Host:
        """Choose a host for one more dyno and count it there; `leave` gives the place back."""
        host = choose_host(
            [host for host in self.hosts if self.state(host.name) == "up"] or self.hosts, self._load, avoid
        )
        self._load[host.name] += 1
        return host

    def enter(self, name: str) -> Host:
        """Count one more dyno on a host that was asked for by name.

        Raises:
            NotFound: there is no such host.
            UsageProblem: it has failed, or is drained.
        """
        host = self.find(name)
        if self.state(name) != "up":
            told = "it has failed" if name in self._failed else "it is drained"
            raise UsageProblem(f"cannot place a dyno on host {name}: {told}", f"`minipaas hosts recover {name}`")
        self._load[name] += 1
        return host

    def leave(self, host: Host) -> None:
        """A dyno is gone from there."""
        self._load[host.name] -= 1

    def find(self, name: str) -> Host:
        """The host of that name.

        Raises:
            NotFound: there is none.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        raise NotFound(f"there is no host {name}", f"hosts: {', '.join(each.name for each in self.hosts)}")

    def fail(self, name: str) -> None:
        """The host works no more.

        Raises:
            NotFound: there is none.
            UsageProblem: it is the last one that works, its dynos would have nowhere to go.
        """
        self._see_another_than(name, "fail")
        self._failed.add(name)

    def drain(self, name: str) -> None:
        """The host takes no more dynos.

        Raises:
            NotFound: there is none.
            UsageProblem: it is the last one that takes some.
        """
        self._see_another_than(name, "drain")
        self._drained.add(name)

    def _see_another_than(self, name: str, verb: str) -> None:
        self.find(name)
        if not any(self.state(host.name) == "up" for host in self.hosts if host.name != name):
            raise UsageProblem(
                f"cannot {verb} host {name}: no other host works", "start with `minipaas up --hosts 3`"
            )

    def join(self, host: Host) -> None:
        """One more host."""
        self.hosts = (*self.hosts, host)

    def recover(self, name: str) -> None:
        """The host takes dynos again; none moves back by itself.

        Raises:
            NotFound: there is none.
        """
        self.find(name)
        self._failed.discard(name)
        self._drained.discard(name)

    def state(self, name: str) -> str:
        """up, failed or drained."""
        if name in self._failed:
            return "failed"
        return "drained" if name in self._drained else "up"

    def load(self, name: str) -> int:
        """Dynos that stand there, the ones being stopped included."""
        return self._load[name]
