"""What a build's scripts have in their environment, and which of this machine's settings they are given.

Heroku gives scripts PATH, HOME, STACK, SOURCE_VERSION and REQUEST_ID; config vars come as files only. PATH and
HOME are the runtime's to give, as for any dyno. A build
on somebody's own machine must besides reach that machine's package mirrors, through its proxy, with its
certificates. `MIRROR_SETTINGS` is the whole list of what goes in for that; nothing else of the user's
environment does.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from minipaas.errors import UsageProblem

MIRROR_SETTINGS = re.compile(
    r"PIP_\w+|UV_\w+|(?:NPM_CONFIG|npm_config)_\S+|YARN_\w+"
    r"|(?:HTTP|HTTPS|ALL|NO|FTP)_PROXY|(?:http|https|all|no|ftp)_proxy"
    r"|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|GIT_SSL_CAINFO|GIT_SSL_CAPATH|AWS_CA_BUNDLE"
)
#: These say where to install and where to keep caches, which in a build is the buildpack's business.
_PLACES = re.compile(
    r"PIP_(?:TARGET|PREFIX|ROOT|USER|PYTHON|CACHE_DIR|CONFIG_FILE|REQUIRE_VIRTUALENV|NO_CACHE_DIR|LOG|SRC)"
    r"|UV_(?:CACHE_DIR|PROJECT\w*|PYTHON\w*|TOOL\w*|WORKING\w*|CONFIG_FILE|ENV_FILE|SYSTEM\w*|TARGET)"
    r"|npm_config_(?:prefix|cache|userconfig|globalconfig|local_prefix|global|init\S*|user_agent|omit|include|production)"
    r"|YARN_(?:CACHE_FOLDER|GLOBAL_FOLDER)",
    re.IGNORECASE,
)
_CERTIFICATES = (
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
)
#: Copied from the user's home into the build's: the files in which package managers keep their mirrors.
_HOME_FILES = (".npmrc", ".yarnrc", ".yarnrc.yml", ".pip/pip.conf", ".config/pip/pip.conf", ".config/uv/uv.toml")
_LARGEST_FILE = 4 << 20


def mirror_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that says how to reach package mirrors."""
    return {
        name: value
        for name, value in environ.items()
        if MIRROR_SETTINGS.fullmatch(name) and not _PLACES.fullmatch(name)
    }


def copy_home_files(user_home: Path, target: Path) -> None:
    """Lay out the package managers' own settings for the build's HOME, readable by the owner alone."""
    for name in _HOME_FILES:
        _copy_small(user_home / name, target / name)


def copy_certificates(env: Mapping[str, str], unseen: Path, target: Path, seen_at: str) -> dict[str, str]:
    """Certificates kept in a folder that a build does not see (the user's home), copied to where it sees them."""
    moved = {}
    for name in _CERTIFICATES:
        file = Path(env.get(name, ""))
        if file.is_absolute() and file.is_relative_to(unseen) and _copy_small(file, target / name):
            moved[name] = f"{seen_at}/{name}"
    return moved


def _copy_small(file: Path, target: Path) -> bool:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            return False
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o600)
    except PermissionError:
        return False
    return True


def write_env_dir(folder: Path, config: Mapping[str, str]) -> None:
    """One file a config var, mode 0600 (DC:buildpack-api).

    Raises:
        UsageProblem: a name cannot be a file's.
        OSError: no space left.
    """
    faulty = next((name for name in config if "/" in name or "\0" in name or name in ("", ".", "..")), None)
    if faulty is not None:
        raise UsageProblem(f"cannot build with a config var called {faulty!r}", "names are letters, digits and _")
    folder.mkdir(mode=0o700)
    for name, value in config.items():
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(value.encode(errors="surrogateescape"))
