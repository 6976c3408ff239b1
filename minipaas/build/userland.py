"""Which Heroku stack a user land is nearest to: this machine's, or an image's."""

import platform
import re
from collections.abc import Mapping


def stack_name(release: Mapping[str, str], libc: tuple[str, str]) -> str:
    """The Heroku stack whose binaries run on this user land: the newest with a C library no newer than ours."""
    if release.get("ID") == "ubuntu" and release.get("VERSION_ID", "") in ("22.04", "24.04", "26.04"):
        return f"heroku-{release['VERSION_ID'][:2]}"
    if libc[0] != "glibc":
        return "heroku-24"
    version = tuple(int(part) for part in re.findall(r"\d+", libc[1])[:2])
    return next((name for name, needs in _STACKS if version >= needs), "heroku-20")


_STACKS = (("heroku-24", (2, 39)), ("heroku-22", (2, 35)))


def this_stack() -> tuple[str, str]:
    """(STACK for buildpacks, what to call this machine's user land)."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    name = release.get("PRETTY_NAME") or f"{platform.system()} {platform.release()}"
    return stack_name(release, platform.libc_ver()), name


def stack_on(image: str) -> tuple[str, str]:
    """The same of a runtime's `stack`. Heroku's images have it in their name; others are made of this user land."""
    if not image:
        return this_stack()
    name = image.partition("@")[0]
    heroku = re.fullmatch(r"heroku/heroku:(\d+)", name)
    return (f"heroku-{heroku[1]}" if heroku else this_stack()[0], name)
