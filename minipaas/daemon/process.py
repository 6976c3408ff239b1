"""How the platform's own process is set: descriptors, threads, garbage."""

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Descriptors wanted; dynos inherit the limit, and some programs walk all of a limit of a thousand millions.
DESCRIPTORS = 65_536
#: New objects before Python looks for garbage; its own 700 come with a few requests, and next to none is garbage.
GARBAGE_THRESHOLD = 20_000
#: Seconds a thread keeps the interpreter from the loop while requests are already coming; Python's own are 0.005.
TURN_S = 0.0005


def allow_descriptors() -> None:
    """A dyno takes three, its connections more; 1,024 is a shell's usual limit, and it is ours to raise."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def short_turns() -> Iterator[None]:
    """Else a request to an app that is just up waits for the thread that loads at each of its steps."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def spare_garbage_collector() -> None:
    """All that is loaded now stays and need not be walked again and again; call again after loading more."""
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, *gc.get_threshold()[1:])
