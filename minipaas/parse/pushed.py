"""What a git push asks for: the lines that git gives a pre-receive hook, read. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

#: Branches that are deployed; every other is taken and left alone, as on Heroku.
DEPLOYED = ("main", "master")
_BRANCH = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Pushed:
    """`commit` is to be deployed, None when nothing is; `skipped` are names of what is only taken.

    `refusal` says why the whole push is turned down.
    """

    commit: str | None = None
    branch: str = ""
    skipped: tuple[str, ...] = ()
    refusal: str = ""


def read_pushed(lines: Iterable[str]) -> Pushed:
    """Decide on a push by its lines `OLD NEW REF`; a NEW of zeros deletes the ref."""
    commits: dict[str, str] = {}
    skipped: list[str] = []
    for line in lines:
        _old, new, ref = line.split(maxsplit=2)
        name = ref.strip().removeprefix(_BRANCH)
        if not ref.startswith(_BRANCH) or name not in DEPLOYED:
            skipped.append(name)
        elif not new.strip("0"):
            return Pushed(refusal=f"cannot delete {name}: it is what the app is deployed from")
        else:
            commits[name] = new
    if len(set(commits.values())) > 1:
        return Pushed(refusal="cannot deploy main and master in one push: which of them is meant?")
    for name, commit in commits.items():
        return Pushed(commit, name, tuple(skipped))
    return Pushed(skipped=tuple(skipped))
