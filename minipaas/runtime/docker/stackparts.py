"""What a stack of our own is made of: Debian packages, and the words for mmdebstrap and for the engine. Pure.

Heroku's stack has neither Python nor Node in it, for its buildpacks download them. Ours take those they find, so
both are part of the stack, in dynos too. The build image is the run image and one layer more.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: What commands of a Procfile, our init and the buildpacks' .profile.d scripts call.
RUN_PACKAGES = (
    *("bash", "ca-certificates", "curl", "findutils", "git", "hostname", "iproute2", "libpq5", "netbase", "nodejs"),
    *("npm", "openssl", "procps", "python3", "tzdata", "util-linux"),
)
#: What a wheel or an npm package without a binary compiles with, and venv.
BUILD_PACKAGES = ("build-essential", "libffi-dev", "libpq-dev", "pkg-config", "python3-dev", "python3-venv", "unzip")
#: Said by our own hooks, so that they can be told from apt's chatter.
STEP = "minipaas: "
_LEFT_OUT = ("man", "doc", "info", "locale")
#: Lists and archives of apt, and what the kernel shows.
_NOT_PACKED = ("./proc/*", "./sys/*", "./dev/*", "./run/*", "./tmp/*", "./var/cache/apt/*", "./var/lib/apt/lists/*")


@dataclass(frozen=True, slots=True)
class Source:
    """One line of what `apt-get indextargets` tells: a repository this machine installs from."""

    uri: str
    release: str
    component: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """The two archives of a stack: all of the run image, and what the build image has more."""

    folder: Path

    @property
    def run(self) -> Path:
        """A whole file system."""
        return self.folder / "run.tar"

    @property
    def build(self) -> Path:
        """A layer over it."""
        return self.folder / "build.tar"


_INSTALL = 'chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends'


#: A stack trusts whom this machine trusts: a company's own authority, for pip and npm behind its proxy.
_TRUST = (
    "for each in etc/ssl/certs/ca-certificates.crt usr/local/share/ca-certificates; do"
    ' [ ! -e "/$each" ] || cp -rL "/$each" "$1/${each%/*}/"; done'
)
#: For `apt-get indextargets --format`.
FORMAT = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"


def read_sources(text: str) -> list[Source]:
    """What `apt-get indextargets` printed in `FORMAT`."""
    rows = [line.split("|") for line in text.splitlines()]
    return list(dict.fromkeys(Source(*row) for row in rows if len(row) == 4))


def distributions_own(sources: Iterable[Source], system: Mapping[str, str]) -> list[Source]:
    """The sources of the distribution itself: of those of others we have no key to check them by.

    Args:
        system: /etc/os-release.
    """
    known = list(sources)
    by_origin = [each for each in known if each.origin.lower() == system.get("ID", "debian")]
    codename = system.get("VERSION_CODENAME", "")
    return by_origin or [each for each in known if codename and each.release.split("-")[0] == codename]


def source_lines(sources: Iterable[Source]) -> Iterator[str]:
    """One line of sources.list for each release of a repository."""
    components: dict[tuple[str, str], list[str]] = {}
    for each in sources:
        components.setdefault((each.uri, each.release), []).append(each.component)
    for (uri, release), names in components.items():
        yield f"deb {uri} {release} {' '.join(dict.fromkeys(names))}"


def suite_of(sources: Iterable[Source], system: Mapping[str, str]) -> str:
    """The release to install: the machine's own, or where its name is in no source, the shortest named."""
    releases = sorted({each.release for each in sources}, key=len)
    codename = system.get("VERSION_CODENAME", "")
    return codename if codename in releases or not releases else releases[0]


def mmdebstrap_words(suite: str, parts: Parts, more: Iterable[str] = ()) -> list[str]:
    """The command that makes both archives in one go; it reads lines of sources.list on stdin.

    Args:
        more: packages that the user wants besides.
    """
    folder = shlex.quote(str(parts.folder))
    packages = dict.fromkeys((*RUN_PACKAGES, *more))
    return [
        *("mmdebstrap", "--variant=minbase", "--format=null", "--skip=output/mknod"),
        f"--include={','.join(packages)}",
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=force-unsafe-io",  # nobody minds a stack that a power cut spoils
        *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _LEFT_OUT),
        f"--customize-hook={_TRUST}",
        f"--customize-hook={_said('packing the run image')}",
        f"--customize-hook={_pack_all(folder)}",
        f"--customize-hook={_said('installing what builds need')}",
        f"--customize-hook={_INSTALL} {' '.join(BUILD_PACKAGES)} >/dev/null",
        f"--customize-hook={_said('packing the build image')}",
        f"--customize-hook={_pack_newer(folder)}",
        *(suite, "-", "-"),
    ]


def _said(step: str) -> str:
    return f"echo {STEP}{step} >&2"


def _pack_all(folder: str) -> str:
    return f'cd "$1" && tar {_excluded()} --one-file-system -cf {folder}/run.tar . && touch {folder}/then'


def _pack_newer(folder: str) -> str:
    found = f'cd "$1" && find . -xdev -cnewer {folder}/then ! -type s -print0'
    return f"{found} | tar {_excluded()} --null --no-recursion -cf {folder}/build.tar -T -"


def _excluded() -> str:
    return " ".join(f"--exclude={shlex.quote(each)}" for each in _NOT_PACKED)


def image_changes(name: str, system: str) -> list[str]:
    """Dockerfile words for either image. `system` is what the distribution calls itself."""
    return [
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ENV LANG=C.UTF-8",
        'CMD ["/bin/bash"]',
        f'LABEL minipaas.kind=stack minipaas.stack="{name}" minipaas.system="{system}"',
    ]
