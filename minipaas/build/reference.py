"""What a word names as a buildpack: `python`, `heroku/python`, a path, a git URL. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from minipaas.errors import UsageProblem


class Kind(StrEnum):
    """Where a buildpack comes from."""

    SHIPPED = "shipped"
    PATH = "path"
    GIT = "git"


@dataclass(frozen=True, slots=True)
class Reference:
    """A buildpack as named. `location` is a shipped name, a path or a git URL; `branch` any git ref or None.

    `remark` is a line for the build output where the word does not mean here what it means on Heroku.
    """

    given: str
    kind: Kind
    location: str
    branch: str | None = None
    remark: str | None = None


#: Heroku's own, by name or repository, that a shipped one stands for.
_STAND_INS = {
    "heroku/python": "python",
    "heroku/nodejs": "nodejs",
    "heroku-community/static": "static",
    "heroku-community/inline": "inline",
    "github.com/heroku/heroku-buildpack-python": "python",
    "github.com/heroku/heroku-buildpack-nodejs": "nodejs",
    "github.com/heroku/heroku-buildpack-static": "static",
    "github.com/heroku/heroku-buildpack-inline": "inline",
}
SHIPPED = ("inline", "nodejs", "python", "static")

_URL = re.compile(r"(?:https?|git|ssh|file)://[^\s]+|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s]+")
_REGISTRY = re.compile(r"(heroku|heroku-community)/([a-z0-9][a-z0-9-]*)")
_ARCHIVE = re.compile(r"\.(tgz|tar\.gz|zip)$")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")


def parse_reference(given: str) -> Reference:
    """Understand one buildpack word.

    Raises:
        UsageProblem: it names nothing that can be had.
    """
    word = given.strip()
    if word in SHIPPED:
        return Reference(given, Kind.SHIPPED, word)
    plain = word.removeprefix("urn:buildpack:")
    stand_in = _STAND_INS.get(_repository(plain))
    if stand_in:
        return Reference(given, Kind.SHIPPED, stand_in, remark=f"{plain}: the `{stand_in}` of minipaas stands for it")
    if _URL.fullmatch(word):
        return _git(given, word)
    if word.startswith(("/", "./", "../", "~")) or word in (".", ".."):
        return Reference(given, Kind.PATH, word)
    named = _REGISTRY.fullmatch(plain)
    if named:
        url = f"https://github.com/heroku/heroku-buildpack-{named[2]}"
        return Reference(given, Kind.GIT, url, remark=f"{plain}: taken from {url}")
    raise UsageProblem(
        f"cannot use buildpack `{given}`: it is not a name, a path or a git URL that minipaas knows",
        f"names are {', '.join(SHIPPED)}; a path starts with ./ or /; others by URL, https://…/buildpack.git#branch",
    )


def _repository(word: str) -> str:
    """A URL without what does not tell repositories apart."""
    bare = re.sub(r"^(?:https?|git)://|^git@", "", word).split("#")[0]
    bare = re.sub(r"^github\.com:", "github.com/", bare)
    return bare.removesuffix("/").removesuffix(".git").lower()


def _git(given: str, word: str) -> Reference:
    url, _, branch = word.partition("#")
    if _ARCHIVE.search(url):
        raise UsageProblem(
            f"cannot use buildpack `{given}`: an archive is not supported", "give the URL of its git repository"
        )
    if branch and not _REF.fullmatch(branch):
        raise UsageProblem(f"cannot use buildpack `{given}`: `{branch}` is not the name of a branch")
    return Reference(given, Kind.GIT, url, branch or None)
