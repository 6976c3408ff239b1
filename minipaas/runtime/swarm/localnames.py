"""Config vars that name this machine as 127.0.0.1, told to dynos that stand on other ones. Pure."""

import re
from collections.abc import Mapping

#: In a URL, or behind its user and password, with a port.
_HERE = re.compile(r"(//|@)(?:127\.0\.0\.1|localhost):(\d{1,5})(?!\d)")


def told_elsewhere(env: Mapping[str, str], address: str) -> tuple[dict[str, str], frozenset[int]]:
    """The environment with `address` for this machine, and the ports that were meant.

    A dyno's own port is its own business, and stays.
    """
    ports: set[int] = set()
    own = env.get("PORT", "")

    def renamed(found: re.Match[str]) -> str:
        if found[2] == own or not 0 < int(found[2]) < 65536:
            return found[0]
        ports.add(int(found[2]))
        return f"{found[1]}{address}:{found[2]}"

    told = {name: _HERE.sub(renamed, value) for name, value in env.items()}
    return told, frozenset(ports)
