"""Every measurement in turn, in quick settings: `python -m bench [NAME...]`, also `make bench`.

About ten minutes on a quiet machine with two cores. Each script runs by itself too and has more to set.
"""

import argparse
import subprocess
import sys

from bench.peers import CHECKOUT

QUICK: dict[str, tuple[str, ...]] = {
    "start": ("--rounds", "9"),
    "logs": ("--rounds", "3"),
    "router": ("--rounds", "3", "--seconds", "2"),
    "restarts": ("--acts", "200", "--rounds", "9"),
    "docker_restart": ("--rounds", "9"),
    "dynos": ("--dynos", "200"),
    "containers": ("--rounds", "9"),
}


def main() -> int:
    """Run them; 1 when one did not end well."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(QUICK)}; default: all")
    names = words.parse_args().names or list(QUICK)
    if unknown := sorted(set(names) - QUICK.keys()):
        words.error(f"there is no measurement {', '.join(unknown)}")
    failed = []
    for name in names:
        print(f"\n## {name}\n", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.{name}", *QUICK[name]], cwd=CHECKOUT)
        if done.returncode:
            failed.append(name)
            print(f"\nbench.{name} ended with status {done.returncode}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
