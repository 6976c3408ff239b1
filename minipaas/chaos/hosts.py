"""Under which host name an app answers: some frameworks keep a list of those they allow."""

from minipaas.chaos.fleet import Fleet
from minipaas.chaos.history import History
from minipaas.chaos.user import User


async def host_of(fleet: Fleet, app: str, timeout_s: float) -> str:
    """The first that is answered without an error; the one that is refused most mildly where all are."""
    candidates = (f"{app}.localhost", "localhost", "127.0.0.1", f"{app}.herokuapp.com")
    best = (1000, candidates[0])
    for host in candidates:
        user = User("probe", host, fleet.next, History("probe"), timeout_s=timeout_s, between_hops=_nothing)
        try:
            exchange, _ = await user.get("/")
        finally:
            await user.close()
        if 0 < exchange.status < 400:
            return host
        best = min(best, (exchange.status or 999, host))
    return best[1]


async def _nothing() -> None:
    return
