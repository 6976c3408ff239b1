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
        self._load: Counter[str] = Counter()

    def place(self, avoid: Collection[str] = ()) -> Host:
        """Choose a host for one more dyno and count it there; `leave` gives the place back."""
        working = [host for host in self.hosts if host.name not in self._failed]
        host = choose_host(working, self._load, avoid)
        self._load[host.name] += 1
        return host

    def enter(self, name: str) -> Host:
        """Count one more dyno on a host that was asked for by name.

        Raises:
            NotFound: there is no such host.
            UsageProblem: it has failed.
        """
        host = self.find(name)
        if name in self._failed:
            raise UsageProblem(
                f"cannot place a dyno on host {name}: it has failed", f"`minipaas hosts recover {name}`"
            )
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
        self.find(name)
        if {host.name for host in self.hosts} - self._failed <= {name}:
            raise UsageProblem(f"cannot fail host {name}: no other host works", "start with `minipaas up --hosts 3`")
        self._failed.add(name)

    def recover(self, name: str) -> None:
        """The host takes dynos again; none moves back by itself.

        Raises:
            NotFound: there is none.
        """
        self.find(name)
        self._failed.discard(name)

    def failed(self, name: str) -> bool:
        """Whether it has failed."""
        return name in self._failed

    def load(self, name: str) -> int:
        """Dynos that stand there, the ones being stopped included."""
        return self._load[name]
